/* What a form may not have: what ODK Validate refuses, tf_xform_parse refuses, saying where. */
#include "ask/xform_read.h"

void tf_xread_validate(struct xread *r)
{
    if (tf_is_blank(r->form->id))
        tf_xread_fault(r, TF_ERROR, r->primary, "xform-id",
                       "Give the root of the primary instance an id: <data id=\"…\">.",
                       "the form has no id");
}
