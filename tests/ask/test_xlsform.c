/* XLSForms: what is accepted, what is refused and where, what is warned of. Forms are Markdown tables, one
 * case a line of the table below: a row of the survey (after type, name, label), and what is expected. */
#include "house.h"

#include "ask/grid_inside.h"
#include "ask/xlsform_inside.h"

struct read {
    struct tf_xlsform *form;
    struct tf_notices out;
    enum tf_code code;
};

static struct read read_text(struct house *h, const char *text)
{
    const struct tf_convert_opt opt = {.name = "data", .stem = "stem"};
    const struct tf_bytes bytes = {text, strlen(text)};
    struct tf_grid *grid = TF_NEW(h->arena, struct tf_grid);
    struct read r = {.out = {.arena = h->arena}};
    grid->file = "form.md";
    OK(tf_grid_text(h->arena, "form.md", &bytes, NULL, grid, &h->err));
    r.code = tf_xlsform_read(h->arena, grid, &opt, &r.out, &r.form, &h->err);
    return r;
}

static size_t warnings(const struct read *r)
{
    return tf_notices_count(&r->out, TF_WARNING) - tf_notices_count(&r->out, TF_ERROR);
}

/* A survey with these heads and rows; choices yn (yes, no) and spaced ("a b"). */
static const char *form_of(struct house *h, const char *head, const char *rows)
{
    struct tf_buf b = {.arena = h->arena};
    tf_buf_printf(&b, "| survey |\n| | type | name | label | %s |\n", head);
    char **line;
    const size_t n = tf_split(h->arena, rows, ';', &line);
    for (size_t k = 0; k < n; k++)
        tf_buf_printf(&b, "| | %s |\n", line[k]);
    tf_buf_add(&b, "| choices |\n| | list_name | name | label |\n| | yn | yes | Yes |\n"
                   "| | yn | no | No |\n| | spaced | a b | A B |\n| | ends | 0 | Low |\n"
                   "| | ends | 1 | High |\n");
    return tf_buf_text(&b);
}

/* ---- one row, one verdict ----------------------------------------------------------------------- */

struct verdict {
    const char *what, *head, *rows;
    const char *fault; /* part of the message, NULL = accepted */
    size_t warnings;
};
static const struct verdict verdicts[] = {
    {"a plain question", "hint", "text | q | Q | H", NULL, 0},
    {"an unknown type is refused with the nearest", "hint", "intger | q | Q", "'intger' is no type", 0},
    {"old spellings of types", "hint", "q string | a | A; add image prompt | b | B; gps | c | C", NULL, 1},
    {"no name", "hint", "text | | Q", "has no name", 0},
    {"a note needs no name", "hint", "note | | Q", NULL, 0},
    {"a name with a space", "hint", "text | a b | Q", "is no name", 0},
    {"a name with letters of any script", "hint", "text | សំណួរ | Q", NULL, 0},
    {"the same name twice", "hint", "text | a | Q; text | a | R", "is taken", 0},
    {"names that differ by capitals", "hint", "text | a | Q; text | A | R", NULL, 1},
    {"the same name in two groups", "hint",
     "begin_group | g | G; text | a | Q; end_group; begin group | f | F; text | a | Q; end group", NULL, 0},
    {"the name meta is the form's", "hint", "text | meta | Q", "is taken", 0},
    {"a group that does not end", "hint", "begin_group | g | G; text | a | Q", "never ended", 0},
    {"an end without a beginning", "hint", "text | a | Q; end_group", "not begun", 0},
    {"a repeat ended as a group", "hint", "begin_repeat | g | G; text | a | Q; end_group", "innermost", 0},
    {"a repeat without a label", "hint", "begin_repeat | r | | ; text | a | Q; end_repeat", NULL, 1},
    {"two repeats of one name", "hint",
     "begin_repeat | r | R; text | a | Q; end_repeat; begin_group | g | G; begin_repeat | r | R; text | a | Q; end_repeat; end_group",
     "already elsewhere", 0},
    {"a repeat named as the root", "hint", "begin_repeat | data | R; text | a | Q; end_repeat", "root", 0},
    {"a loop over a list", "hint", "begin_loop over yn | l | L; text | a | Q; end_loop", NULL, 0},
    {"a loop over nothing", "hint", "begin_loop over no | l | L; text | a | Q; end_loop", "to loop over", 0},
    {"a required group", "required", "begin_group | g | G | yes; text | a | Q; end_group", "required", 0},
    {"a group that is not required", "required", "begin_group | g | G | no; text | a | Q; end_group", NULL, 0},
    {"a remark", "remark", "| | | left out", NULL, 1},
    {"a row with a label and no type", "hint", "| | Q", "has no type", 0},
    {"a disabled row", "disabled", "text | a | Q | yes; text | a | Q", NULL, 1},
    {"a calculation that is missing", "hint", "calculate | a | |", "calculation", 0},
    {"a calculate by a dynamic default", "default", "calculate | a | | 1 + 1", NULL, 0},
    {"a device number", "hint", "simserial | a | |", NULL, 1},
    {"a reference", "relevant", "text | a | Q; text | b | ${a} | ${a} = 1", NULL, 0},
    {"a reference to nothing", "relevant", "text | a | Q | ${b} = 1", "there is no question 'b'", 0},
    {"a reference with spaces", "relevant", "text | a | Q | ${ a } = 1", "malformed", 0},
    {"a reference that does not end", "relevant", "text | a | Q | ${a = 1", "malformed", 0},
    {"a reference to two", "relevant",
     "begin_group | g | G; text | a | Q; end_group; text | a | Q; text | c | C | ${a} = 1", "which is meant", 0},
    {"a reference to the last record", "default", "text | a | Q | ${last-saved#a}", NULL, 0},
    {"a reference to instanceID", "calculation", "calculate | a | | ${instanceID}", NULL, 0},
    {"a trigger", "trigger", "text | a | Q; background-geopoint | b | | ${a}", NULL, 0},
    {"a trigger that is a group", "trigger",
     "begin_group | g | G; text | a | Q; end_group; text | b | B | ${g}", "there is no question 'g'", 0},
    {"two triggers", "trigger", "text | a | Q; text | b | B; text | c | C | ${a}, ${b}", NULL, 0},
    {"two triggers without a comma", "trigger", "text | a | Q; text | b | B; text | c | C | ${a} ${b}",
     "names no question", 0},
    {"a trigger that is a word", "trigger", "text | a | Q; text | c | C | a", "names no question", 0},
    {"a select", "hint", "select_one yn | a | A; select_multiple yn | b | B; rank yn | c | C", NULL, 0},
    {"a select of no list", "hint", "select_one ny | a | A", "there is no list 'ny'", 0},
    {"a choice with a space, one taken", "hint", "select_one spaced | a | A", NULL, 0},
    {"a choice with a space, several taken", "hint", "select_multiple spaced | a | A", "has a space", 0},
    {"or_other", "hint", "select_one yn or_other | a | A; select one from yn or other | b | B", NULL, 0},
    {"or_other with a filter", "choice_filter", "select_one yn or_other | a | A | true()", "or_other", 0},
    {"a select from a file", "parameters", "select_one_from_file a.csv | a | A | value=v label=L", NULL, 0},
    {"a select from a file of no kind", "hint", "select_one_from_file a.txt | a | A", "cannot come", 0},
    {"a select from a file of two kinds", "hint", "select_one_from_file a.b.csv | a | A", "cannot come", 0},
    {"a column that is none", "parameters", "select_one_from_file a.csv | a | A | value=v*", "no column", 0},
    {"a select from a repeat", "hint",
     "begin_repeat | r | R; text | n | N; end_repeat; select_one ${n} | a | A", NULL, 0},
    {"a random order", "parameters", "select_one yn | a | A | randomize=true, seed=42", NULL, 0},
    {"a seed alone", "parameters", "select_one yn | a | A | seed=42", "not random", 0},
    {"a seed that is a word", "parameters", "select_one yn | a | A | randomize=true seed=x", "neither", 0},
    {"a parameter of another type", "parameters", "select_one yn | a | A | rows=3", "no parameter 'rows'", 0},
    {"parameters that are no pairs", "parameters", "range | a | A | start", "no list of parameters", 0},
    {"a range", "parameters", "range | a | A | START = 0 , end=1  step=0.1", NULL, 0},
    {"a range of words", "parameters", "range | a | A | end=x", "no number", 0},
    {"a range without steps", "parameters", "range | a | A | step=0", "is zero", 0},
    {"a step wider than its range", "parameters", "range | a | A | end=2 step=5", "wider", 0},
    {"ticks between places", "parameters", "range | a | A | step=2 end=11 tick_interval=3", "no multiple", 0},
    {"a placeholder outside", "parameters", "range | a | A | placeholder=11", "outside", 0},
    {"labels at ticks", "parameters", "range | a | A | start=0 end=1 step=1 tick_labelset=ends", NULL, 0},
    {"labels outside the range", "parameters", "range | a | A | start=1 end=3 tick_labelset=ends", "outside", 0},
    {"ticks on a line in a grid", "parameters | appearance", "range | a | A | tick_interval=3 | vertical w2", NULL, 0},
    {"ticks on a wheel", "parameters | appearance", "range | a | A | tick_interval=3 | picker", "appearance", 0},
    {"labels of no list", "parameters", "range | a | A | tick_labelset=end", "there is no list", 0},
    {"rows of a text", "parameters", "text | a | A | rows=x", "rows cannot be", 0},
    {"a picture at full size", "hint", "image | a | A", NULL, 1},
    {"a picture", "parameters", "image | a | A | max-pixels=640 app=org.example.photos", NULL, 0},
    {"a picture by no app", "parameters", "image | a | A | max-pixels=640 app=photos", "app cannot", 0},
    {"sound", "parameters", "audio | a | A | quality=external", NULL, 0},
    {"sound in the background", "parameters", "background-audio | a | | quality=external", "quality cannot", 0},
    {"a place", "parameters", "geopoint | a | A | capture-accuracy=2.5 allow-mock-accuracy=false", NULL, 0},
    {"a line that grows", "parameters", "geotrace | a | A | incremental=no", "incremental", 0},
    {"a map of a list", "parameters", "geopoint | a | A | reference-geometry=yn", NULL, 0},
    {"a map of nothing", "parameters", "geopoint | a | A | reference-geometry=zz", "nothing that is there", 0},
    {"an audit", "parameters", "audit | | | track-changes=true identify-user=true", NULL, 0},
    {"an audit by another name", "parameters", "audit | log | |", "always named", 0},
    {"an audit of places", "parameters",
     "audit | | | location-priority=balanced location-min-interval=60 location-max-age=120", NULL, 0},
    {"an audit of old places", "parameters",
     "audit | | | location-priority=balanced location-min-interval=60 location-max-age=20", "at least", 0},
    {"an audit of half a place", "parameters", "audit | | | location-priority=balanced", "all three", 0},
    {"a file in a repeat", "hint", "begin_repeat | r | R; csv-external | c | | ; end_repeat", "cannot stand", 0},
    {"relevance twice", "relevant | relevance", "text | a | A | 1 | 1", "two names of the same", 0},
    {"a kind of media", "media::film", "text | a | A | x", "no kind of media", 0},
    {"a language without hints", "label::French (fr) | hint", "text | a | A | B | H", NULL, 1},
    {"a column that nothing knows", "lable", "text | a | A | B", NULL, 0},
};

static void rows_are_judged(void **state TF_UNUSED)
{
    for (size_t k = 0; k < sizeof verdicts / sizeof *verdicts; k++) {
        const struct verdict *v = &verdicts[k];
        IN_HOUSE(h);
        const struct read r = read_text(&h, form_of(&h, v->head, v->rows));
        bool said = v->fault == NULL;
        for (size_t j = 0; v->fault != NULL && j < r.out.n; j++)
            said = said || (r.out.item[j].level == TF_ERROR &&
                            (strstr(r.out.item[j].text, v->fault) != NULL ||
                             (r.out.item[j].help != NULL && strstr(r.out.item[j].help, v->fault) != NULL)));
        if ((r.code == TF_OK) != (v->fault == NULL) || !said ||
            (v->fault == NULL && warnings(&r) != v->warnings)) {
            for (size_t j = 0; j < r.out.n; j++)
                print_error("    %d %s\n", (int)r.out.item[j].level, r.out.item[j].text);
            fail_msg("%s: %s, %zu warnings", v->what, r.code == TF_OK ? "accepted" : "refused",
                     warnings(&r));
        }
        OUT_OF_HOUSE(h);
    }
}

/* ---- the whole ---------------------------------------------------------------------------------- */

static void all_faults_are_told_at_once(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct read r = read_text(
        &h, form_of(&h, "relevant", "txt | a | A; text | b b | B; text | c | C | ${d}"));
    assert_int_equal(r.code, TF_E_INPUT);
    assert_int_equal(tf_notices_count(&r.out, TF_ERROR), 3);
    assert_string_equal(h.err.what, "'txt' is no type of question");
    assert_string_equal(h.err.fact, "sheet 'survey', row 2, column 'type'");
    assert_string_equal(h.err.help, "Did you mean 'text'?");
    OUT_OF_HOUSE(h);
}

static void settings_are_resolved(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct read r = read_text(
        &h, "| survey |\n| | type | name | label |\n| | text | q | Q |\n| settings |\n"
            "| | Form Title | form_id | version | name | auto_send | attribute::x | namespaces |\n"
            "| | T | i | 3 | root | Yes | 1 | a=\"http://a\" jr=\"http://no\" |\n");
    assert_int_equal(r.code, TF_OK);
    assert_string_equal(r.form->title, "T");
    assert_string_equal(r.form->id, "i");
    assert_string_equal(r.form->version, "3");
    assert_string_equal(r.form->root, "root");
    assert_string_equal(tf_xr_pair_get(&r.form->settings, "auto_send"), "true");
    assert_string_equal(tf_xr_pair_get(&r.form->attribute, "x"), "1");
    assert_int_equal(r.form->namespaces.n, 1);
    assert_string_equal(r.form->namespaces.item[0].value, "http://a");
    OUT_OF_HOUSE(h);
}

static void without_settings_the_file_names_the_form(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct read r = read_text(&h, form_of(&h, "hint", "text | q | Q"));
    assert_string_equal(r.form->id, "stem");
    assert_string_equal(r.form->title, "stem");
    assert_string_equal(r.form->root, "data");
    assert_string_equal(r.form->default_language, "default");
    OUT_OF_HOUSE(h);
}

struct sheets {
    const char *what, *text, *fault;
    size_t warnings;
};
static const struct sheets sheets[] = {
    {"a survey spelt wrong", "| surveys |\n| | type | name | label |\n| | text | q | Q |\n", "no such sheet", 0},
    {"names of sheets have no case", "| SURVEY |\n| | Type | NAME | Label |\n| | text | q | Q |\n", NULL, 0},
    {"settings spelt wrong", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| setting |\n| | form_id |\n| | x |\n", NULL, 1},
    {"a sheet that is none of ours", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| _setting |\n| | form_id |\n| | x |\n", NULL, 0},
    {"choices spelt wrong", "| survey |\n| | type | name | label |\n| | select_one l | q | Q |\n| chioces |\n| | list_name | name | label |\n| | l | 1 | A |\n", "nearly this name", 0},
    {"a column that is needed", "| survey |\n| | name | label |\n| | q | Q |\n", "'type' is missing", 0},
    {"choices without names", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| choices |\n| | list_name | label |\n| | l | A |\n", "'name' is missing", 0},
    {"a choice twice", "| survey |\n| | type | name | label |\n| | select_one l | q | Q |\n| choices |\n| | list name | name | label |\n| | l | 1 | A |\n| | l | 1 | B |\n", "stands twice", 0},
    {"a choice twice, allowed", "| survey |\n| | type | name | label |\n| | select_one l | q | Q |\n| choices |\n| | list name | name | label |\n| | l | 1 | A |\n| | l | 1 | B |\n| settings |\n| | allow_choice_duplicates |\n| | yes |\n", NULL, 0},
    {"a setting that is neither yes nor no", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| settings |\n| | auto_send |\n| | Bob |\n", NULL, 1},
    {"form_id and id_string", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| settings |\n| | id_string | form_id |\n| | a | b |\n", NULL, 1},
    {"a choice without a label", "| survey |\n| | type | name | label |\n| | select_one l | q | Q |\n| choices |\n| | list_name | name | label |\n| | l | 1 | |\n", NULL, 1},
    {"a head of choices with a space", "| survey |\n| | type | name | label |\n| | select_one l | q | Q |\n| choices |\n| | list_name | name | label | my note |\n| | l | 1 | A | x |\n", NULL, 1},
    {"external choices", "| survey |\n| | type | name | label | choice_filter |\n| | text | a | A | |\n| | select_one_external l | q | Q | a=${a} |\n| external_choices |\n| | list_name | name | a |\n| | l | 1 | 1 |\n", NULL, 0},
    {"external choices that are missing", "| survey |\n| | type | name | label | choice_filter |\n| | select_one_external l | q | Q | true() |\n", "missing or empty", 0},
    {"an unknown column of entities", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| entities |\n| | list_name | label | what |\n| | e | ${q} | x |\n", "no column of this name", 0},
    {"an entity changed that the form does not have", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| entities |\n| | list_name | entity_id |\n| | e | ${q} |\n", NULL, 1},
    {"an entity changed", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| | csv-external | e | |\n| entities |\n| | list_name | entity_id |\n| | e | ${q} |\n", NULL, 0},
    {"a file that omits its instanceID and is encrypted", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| settings |\n| | omit_instanceID | public_key |\n| | yes | k |\n", "needs its instanceID", 0},
    {"a root that is no name", "| survey |\n| | type | name | label |\n| | text | q | Q |\n| settings |\n| | name |\n| | a b |\n", "cannot name the root", 0},
};

static void sheets_are_judged(void **state TF_UNUSED)
{
    for (size_t k = 0; k < sizeof sheets / sizeof *sheets; k++) {
        IN_HOUSE(h);
        const struct read r = read_text(&h, sheets[k].text);
        bool said = sheets[k].fault == NULL;
        for (size_t j = 0; sheets[k].fault != NULL && j < r.out.n; j++)
            said = said || strstr(r.out.item[j].text, sheets[k].fault) != NULL;
        if ((r.code == TF_OK) != (sheets[k].fault == NULL) || !said ||
            (r.code == TF_OK && warnings(&r) != sheets[k].warnings)) {
            for (size_t j = 0; j < r.out.n; j++)
                print_error("    %d %s\n", (int)r.out.item[j].level, r.out.item[j].text);
            fail_msg("%s", sheets[k].what);
        }
        OUT_OF_HOUSE(h);
    }
}

static void texts_find_their_language(void **state TF_UNUSED)
{
    IN_HOUSE(h);
    const struct read r = read_text(
        &h, "| survey |\n| | type | name | label::English (en) | label | hint | media::image::English (en) |\n"
            "| | text | q | own | plain | “H”  x | a.png |\n| settings |\n| | default_language |\n"
            "| | English (en) |\n");
    assert_int_equal(r.code, TF_OK);
    const struct tf_xnode *q = r.form->node[0];
    assert_int_equal(q->label.n, 1); /* the language said by name counts for more */
    assert_string_equal(q->label.item[0].text, "own");
    assert_null(q->hint.item[0].lang);
    assert_string_equal(q->hint.item[0].text, "\"H\" x");
    assert_string_equal(q->media[TF_IMAGE].item[0].lang, "English (en)");
    OUT_OF_HOUSE(h);
}

static void defaults_that_are_expressions(void **state TF_UNUSED)
{
    static const struct {
        const char *text, *type;
        bool dynamic;
    } c[] = {{"now()", "text", true},        {"a-b", "text", false},
             {"1 - 2", "text", true},        {"2026-01-31", "date", false},
             {"2026-01-31", "text", false},  {"${q}", "text", true},
             {"a*b", "text", true},          {"'a+b'", "text", false},
             {"jr://images/a.png", "image", false}, {"1 div 2", "text", true},
             {"-1.5 - 2", "geopoint", false}, {"a | b", "text", true},
             {"2026-01-31T10:00:00+07:00", "dateTime", false}, {"if(1, 2, 3)", "date", true}};
    for (size_t k = 0; k < sizeof c / sizeof *c; k++)
        if (tf_xls_dynamic(c[k].text, c[k].type) != c[k].dynamic)
            fail_msg("%s", c[k].text);
}

static void types_are_in_the_order_of_their_table(void **state TF_UNUSED)
{
    static const char *const some[] = {"acknowledge", "date", "date time", "dateTime", "datetime",
                                       "number of days in last year", "start", "start time",
                                       "start-geopoint", "uri:username", "xml-external", "percentage",
                                       "phone number", "phonenumber", "sim id", "simserial", "q video"};
    for (size_t k = 0; k < sizeof some / sizeof *some; k++)
        if (tf_xr_type(some[k]) == NULL)
            fail_msg("%s is not found", some[k]);
    assert_null(tf_xr_type("select multiple"));
}

static void languages_have_codes(void **state TF_UNUSED)
{
    assert_true(tf_xr_language_known("English (en)"));
    assert_true(tf_xr_language_known("Acoli (ach)"));
    assert_true(tf_xr_language_known("default"));
    assert_false(tf_xr_language_known("English"));
    assert_false(tf_xr_language_known("English (schm)"));
    assert_false(tf_xr_language_known("English (EN)"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_judged),
        cmocka_unit_test(all_faults_are_told_at_once),
        cmocka_unit_test(settings_are_resolved),
        cmocka_unit_test(without_settings_the_file_names_the_form),
        cmocka_unit_test(sheets_are_judged),
        cmocka_unit_test(texts_find_their_language),
        cmocka_unit_test(defaults_that_are_expressions),
        cmocka_unit_test(types_are_in_the_order_of_their_table),
        cmocka_unit_test(languages_have_codes),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
