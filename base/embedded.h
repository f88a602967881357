/* Files built into the program (tools/embed.c): templates, styles, the demo's texts. */
#ifndef TF_BASE_EMBEDDED_H
#define TF_BASE_EMBEDDED_H

#include <stddef.h>

struct tf_embedded {
    const char *name; /* path below the embedded folder; the array ends with NULL */
    const unsigned char *data;
    size_t n;
};

#endif
