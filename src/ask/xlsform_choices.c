/* Lists: the sheets choices, external_choices and osm.
 *
 * A row belongs to the list that its `list_name` says; rows without one are notes. Every choice needs a
 * name; names are not repeated in a list, unless the setting allow_choice_duplicates says so. Columns
 * beside name, label and media are data for filters: they become elements of the form, so a head with a
 * space in it is left out, with a warning.
 *
 * external_choices become itemsets.csv and are not judged here. */
#include <string.h>

#include "ask/xlsform_inside.h"

struct lists { /* where the lists of a sheet go */
    struct tf_xlist **list;
    size_t *n, *cap;
    struct tf_names *names;
};

/* Heads that no element can be named by: warned of, and dropped. */
static bool *bad_heads(struct tf_xread *x)
{
    const struct tf_grid_sheet *s = x->sheet[TF_X_CHOICES];
    bool *bad = TF_NEW_N(x->arena, bool, s->n_cols);
    for (size_t c = 0; c < s->n_cols; c++) {
        const struct tf_xhead *h = &x->head[TF_X_CHOICES].col[c];
        bad[c] = h->slot == TF_S_EXTRA && strchr(h->token[0], ' ') != NULL;
        if (bad[c])
            tf_xr_tell(x, TF_WARNING, TF_X_CHOICES, 1, s->head[c],
                     "Write it without spaces, if it is for a choice filter.",
                     "the column is left out, for its name has a space");
    }
    return bad;
}

static void read_cell(struct tf_xread *x, enum tf_xsheet sheet, size_t row, size_t col,
                      const char *text, struct tf_xchoice *c)
{
    const struct tf_xheads *heads = &x->head[sheet];
    const struct tf_xhead *h = &heads->col[col];
    switch (h->slot) {
    case TF_S_NAME:
        c->name = text;
        break;
    case TF_S_LABEL:
        tf_xr_text_add(x, &c->label, heads->width[TF_S_LABEL], h->lang, text);
        break;
    case TF_S_MEDIA:
        if (h->media < TF_N_MEDIA)
            tf_xr_text_add(x, &c->media[h->media], heads->media_width[h->media], h->lang, text);
        else
            tf_xr_fault(x, sheet, x->sheet[sheet]->row[row], x->sheet[sheet]->head[col],
                      "Media are image, big-image, audio and video.",
                      "'%.80s' is no kind of media", h->name);
        break;
    case TF_S_EXTRA:
        if (h->n == 1)
            tf_xr_pair_set(x->arena, &c->extra, heads->width[TF_S_EXTRA], h->name, text);
        break;
    default:
        break;
    }
}

static struct tf_xlist *list_of(struct tf_xread *x, const struct lists *to, const char *name)
{
    size_t at = tf_names_get(to->names, name);
    if (at == SIZE_MAX) {
        at = *to->n;
        *to->list = tf_grow(x->arena, *to->list, *to->n, to->cap, sizeof **to->list);
        (*to->list)[(*to->n)++] = (struct tf_xlist){.name = name};
        (void)tf_names_put(to->names, name, at);
    }
    return &(*to->list)[at];
}

static void read_rows(struct tf_xread *x, enum tf_xsheet sheet, const bool *bad,
                      const struct lists *to)
{
    const struct tf_grid_sheet *s = x->sheet[sheet];
    const struct tf_xheads *heads = &x->head[sheet];
    size_t list_col = SIZE_MAX;
    for (size_t c = 0; c < s->n_cols; c++)
        if (heads->col[c].slot == TF_S_LIST)
            list_col = c;
    for (size_t r = 0; list_col != SIZE_MAX && r < s->n_rows; r++) {
        const char *name = tf_xr_cell(x, sheet, r, list_col);
        if (name[0] == '\0')
            continue;
        struct tf_xlist *list = list_of(x, to, name);
        list->choice = tf_grow(x->arena, list->choice, list->n, &list->cap, sizeof *list->choice);
        struct tf_xchoice *choice = &list->choice[list->n++];
        *choice = (struct tf_xchoice){.row = s->row[r]};
        for (size_t c = 0; c < s->n_cols; c++)
            if (s->cell[r * s->n_cols + c][0] != '\0' && (bad == NULL || !bad[c]))
                read_cell(x, sheet, r, c, tf_xr_cell(x, sheet, r, c), choice);
    }
}

/* Names of choices, and labels. */
static void check_list(struct tf_xread *x, const struct tf_xlist *list)
{
    struct tf_names seen = {.arena = x->arena};
    for (size_t k = 0; k < list->n; k++) {
        const struct tf_xchoice *c = &list->choice[k];
        if (c->name == NULL) {
            tf_xr_fault(x, TF_X_CHOICES, c->row, "name", "Give it the code that data will hold.",
                      "a choice of the list '%.80s' has no name", list->name);
            continue;
        }
        if (c->label.n == 0)
            tf_xr_tell(x, TF_WARNING, TF_X_CHOICES, c->row, "label", "People choose by labels.",
                     "the choice '%.80s' of the list '%.80s' has no label", c->name, list->name);
        if (!x->duplicates && !tf_names_put(&seen, c->name, k))
            tf_xr_fault(x, TF_X_CHOICES, c->row, "name",
                      "Rename one; where a filter keeps them apart, set allow_choice_duplicates to "
                      "yes in the sheet settings.",
                      "the choice '%.80s' stands twice in the list '%.80s' (first in row %zu)",
                      c->name, list->name, list->choice[tf_names_get(&seen, c->name)].row);
    }
}

void tf_xr_choices_read(struct tf_xread *x)
{
    struct tf_xlsform *f = x->form;
    const struct lists choices = {&f->list, &f->n_lists, &f->cap_lists, &x->lists},
                       external = {&f->external, &f->n_external, &f->cap_external, &x->external},
                       osm = {&f->osm, &f->n_osm, &f->cap_osm, &x->osm};
    tf_xr_heads_read(x, TF_X_CHOICES);
    if (x->head[TF_X_CHOICES].any && x->sheet[TF_X_CHOICES]->n_rows > 0) {
        tf_xr_heads_need(x, TF_X_CHOICES, "name");
        read_rows(x, TF_X_CHOICES, bad_heads(x), &choices);
        for (size_t k = 0; k < f->n_lists; k++)
            check_list(x, &f->list[k]);
    }
    tf_xr_heads_read(x, TF_X_EXTERNAL);
    if (x->head[TF_X_EXTERNAL].any)
        read_rows(x, TF_X_EXTERNAL, NULL, &external);
    tf_xr_heads_read(x, TF_X_OSM);
    if (x->head[TF_X_OSM].any)
        read_rows(x, TF_X_OSM, NULL, &osm);
}
