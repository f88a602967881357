/* Selects: "select_one yes_no", "select_multiple_from_file places.csv", "rank colours",
 * "select_one ${persons}", each with "or_other" behind it where that is meant.
 *
 * Where the choices come from decides what is checked: a list of the sheet choices must be there (and
 * the names of its choices hold no spaces where several may be taken, for data keeps them in one text);
 * a file is named with one ending that devices can read; the names of a repeat are only known when
 * somebody answers. Parameters: randomize, seed; of files value and label too.
 *
 * In a table-list group all selects have one list, and no filter. */
#include <string.h>

#include "ask/xlsform_inside.h"
#include "base/number.h"

static const struct {
    const char *written, *type;
    bool from_file;
} commands[] = {{"add select one prompt using", "select one", false},
                {"add select multiple prompt using", "select multiple", false},
                {"select all that apply from", "select multiple", false},
                {"select one from", "select one", false},
                {"select1", "select one", false},
                {"select_one", "select one", false},
                {"select one", "select one", false},
                {"select_multiple", "select multiple", false},
                {"select all that apply", "select multiple", false},
                {"select_one_external", "select one external", false},
                {"select_one_from_file", "select one", true},
                {"select_multiple_from_file", "select multiple", true},
                {"select one from file", "select one", true},
                {"select multiple from file", "select multiple", true},
                {"rank", "rank", false}};

static bool is_other(const char *s)
{
    return strcmp(s, "or specify other") == 0 || strcmp(s, "or_other") == 0 ||
           strcmp(s, "or other") == 0;
}

bool tf_xr_select_parse(struct tf_arena *arena, const char *written, struct tf_xselect *ret)
{
    for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
        const size_t n = strlen(commands[k].written);
        if (strncmp(written, commands[k].written, n) != 0 || written[n] != ' ')
            continue;
        const char *list = written + n + 1;
        const size_t word = strcspn(list, " \t\n");
        if (word == 0 || (list[word] != '\0' && !(list[word] == ' ' && is_other(list + word + 1))))
            continue;
        *ret = (struct tf_xselect){commands[k].type, tf_strndup(arena, list, word),
                                   commands[k].from_file, list[word] != '\0'};
        return true;
    }
    return false;
}

/* ---- Where the choices are --------------------------------------------------------------------- */

static bool ends_as_file(const char *name)
{
    static const char *const ending[] = {".csv", ".xml", ".geojson"};
    const char *point = strrchr(name, '.');
    for (size_t k = 0; point != NULL && k < sizeof ending / sizeof *ending; k++)
        if (strcmp(point, ending[k]) == 0)
            return true;
    return false;
}

static void check_file(struct tf_xread *x, const struct tf_xnode *n)
{
    const char *base = tf_path_name(n->list), *point = strchr(base, '.');
    if (!ends_as_file(base) || point == base || strchr(point + 1, '.') != NULL)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type", "Name a .csv, .xml or .geojson with one point.",
                  "choices cannot come from the file '%.120s'", n->list);
    (void)tf_names_put(&x->files, tf_path_stem(x->arena, base), n->row);
}

static void check_external(struct tf_xread *x, struct tf_xnode *n)
{
    if (n->choice_filter == NULL)
        tf_xr_tell(x, TF_WARNING, TF_X_SURVEY, n->row, "choice_filter", "Use select_one.",
                 "select_one_external is meant for lists that are filtered");
    else
        n->query = n->list;
    if (x->form->n_external == 0)
        tf_xr_fault(x, TF_X_EXTERNAL, 0, NULL, "It has the columns list_name and name.",
                  "the sheet is missing or empty, and row %zu of the survey asks for it.%s", n->row,
                  tf_xr_like_sheet(x, TF_X_EXTERNAL));
    else if (!tf_names_has(&x->external, n->list))
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type",
                  tf_xr_near_names(x, n->list, &x->external, "Add it to the sheet external_choices."),
                  "there is no list '%.80s' of external choices", n->list);
}

static void check_list(struct tf_xread *x, const struct tf_xnode *n)
{
    const size_t at = tf_names_get(&x->lists, n->list);
    if (x->form->n_lists == 0) {
        tf_xr_fault(x, TF_X_CHOICES, 0, NULL, "It has the columns list_name, name and label.",
                  "the sheet is missing or empty, and row %zu of the survey asks for it.%s", n->row,
                  tf_xr_like_sheet(x, TF_X_CHOICES));
        return;
    }
    if (at == SIZE_MAX) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type",
                  tf_xr_near_names(x, n->list, &x->lists, "Add it to the sheet choices."),
                  "there is no list '%.80s'", n->list);
        return;
    }
    const struct tf_xlist *list = &x->form->list[at];
    for (size_t k = 0; strcmp(n->type, "select multiple") == 0 && k < list->n; k++)
        if (list->choice[k].name != NULL && strchr(list->choice[k].name, ' ') != NULL)
            tf_xr_fault(x, TF_X_CHOICES, list->choice[k].row, "name",
                      "Answers are kept with spaces between: write an underscore.",
                      "the choice '%.80s' has a space, and '%.80s' takes several", 
                      list->choice[k].name, n->name);
}

static void check_other(struct tf_xread *x, const struct tf_xnode *n)
{
    x->or_other_seen = true;
    if (n->choice_filter != NULL)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "choice_filter",
                  "Add the choice and the question 'other' yourself.",
                  "or_other does not go with a choice filter");
    if (!tf_names_has(&x->lists, n->list))
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type", "Name a list of the sheet choices.",
                  "or_other needs a list, and '%.80s' is none", n->list);
}

/* ---- Parameters -------------------------------------------------------------------------------- */

/* Does it name a column, or a property? */
static bool is_property(const char *s)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.";
    return s[0] != '\0' && strchr(first, s[0]) != NULL && s[strspn(s, rest)] == '\0';
}

static void check_randomize(struct tf_xread *x, const struct tf_xnode *n)
{
    const char *randomize = tf_xr_pair_get(&n->parameters, "randomize");
    const char *seed = tf_xr_pair_get(&n->parameters, "seed");
    double number;
    if (randomize != NULL && strcmp(randomize, "true") != 0 && strcmp(randomize, "false") != 0)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters", "Write randomize=true.",
                  "randomize is true or false, not '%.80s'", randomize);
    if (seed != NULL && randomize == NULL)
        tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters", "Add randomize=true.",
                  "a seed is given for an order that is not random");
    else if (seed != NULL && tf_xr_reference_only(x->arena, seed) == NULL &&
             !tf_parse_double(seed, &number))
        tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters", "Write a number or ${name}.",
                  "the seed '%.80s' is neither a number nor a question", seed);
}

static void check_parameters(struct tf_xread *x, const struct tf_xnode *n, bool from_file)
{
    static const char *const plain[] = {"randomize", "seed", NULL},
                            *const of_file[] = {"randomize", "seed", "value", "label", NULL};
    static const char *const property[] = {"value", "label"};
    if (!tf_xr_parameters_among(x, n, from_file ? of_file : plain))
        return;
    for (size_t k = 0; from_file && k < 2; k++) {
        const char *value = tf_xr_pair_get(&n->parameters, property[k]);
        if (value != NULL && !is_property(value))
            tf_xr_fault(x, TF_X_SURVEY, n->row, "parameters",
                      "A name begins with a letter or _, and goes on with letters, digits, _ - or .",
                      "%s is no column: '%.80s'", property[k], value);
    }
    check_randomize(x, n);
}

/* ---- The whole --------------------------------------------------------------------------------- */

/* All selects of a table-list choose from one list. */
static void check_table_list(struct tf_xread *x, const struct tf_xnode *n)
{
    struct tf_xplace *p = &x->place[x->n_places - 1];
    if (p->table_list == NULL)
        return;
    if (p->table_list[0] == '\0') {
        p->table_list = n->list;
        if (n->choice_filter != NULL)
            tf_xr_fault(x, TF_X_SURVEY, n->row, "choice_filter", "Take the filter out.",
                      "a table-list does not go with a choice filter");
    } else if (strcmp(p->table_list, n->list) != 0) {
        tf_xr_fault(x, TF_X_SURVEY, n->row, "type", "Give it the same list, or a group of its own.",
                  "a table-list has one list, but here are '%.80s' and '%.80s'", p->table_list,
                  n->list);
    }
}

void tf_xr_select_check(struct tf_xread *x, struct tf_xnode *n, const struct tf_xselect *s)
{
    n->type = s->type;
    n->list = s->list;
    n->or_other = s->or_other;
    if (strcmp(s->type, "select one external") == 0)
        check_external(x, n);
    else if (s->from_file)
        check_file(x, n);
    else if (!tf_xr_reference_in(x->arena, s->list))
        check_list(x, n);
    if (s->or_other)
        check_other(x, n);
    check_parameters(x, n, s->from_file);
    check_table_list(x, n);
}
