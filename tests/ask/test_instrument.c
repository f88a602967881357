/* Instruments: what an XLSForm says, and where it is wrong, as a spreadsheet names places. */
#include "house.h"

enum { COLS = 5 };
static const char *const survey_head[COLS] = {"type", "name", "label::English (en)", "label::km",
                                              "relevant"};
static const char *const survey_rows[][COLS] = {
    {"begin group", "g", "", "", ""},
    {"select_one yesno", "exp_e", "Has anyone …?", "ខ្មែរ", "${age} > 11"},
    {"int", "age", "How old are you?", "", ""},
    {"end group", "", "", "", ""},
    {"", "", "a comment", "", ""},
    {"select_multiple yesno", "told", "Whom?", "", ""},
};
static const char *const choice_rows[][4] = {{"list_name", "name", "label::English (en)", "label::km"},
                                             {"yesno", "1", "Yes", ""},
                                             {"yesno", "0", "No", ""},
                                             {"yesno", "999", "Prefer not to say", ""}};
enum { ROWS = sizeof survey_rows / sizeof *survey_rows, CHOICES = 4 };

/* Write the form with one cell changed: sheet 0 survey, 1 choices; row and column from 0. */
static const char *write_form(struct house *h, int sheet, size_t row, size_t col, const char *text)
{
    const char **survey = TF_NEW_N(h->arena, const char *, (ROWS + 1) * COLS);
    const char **choices = TF_NEW_N(h->arena, const char *, (size_t)CHOICES * 4);
    memcpy(survey, survey_head, sizeof survey_head);
    memcpy(survey + COLS, survey_rows, sizeof survey_rows);
    memcpy(choices, choice_rows, sizeof choice_rows);
    if (text != NULL && sheet == 0)
        survey[row * COLS + col] = text;
    if (text != NULL && sheet == 1)
        choices[row * 4 + col] = text;
    const struct tf_sheet sheets[] = {
        {.name = "survey", .n_rows = ROWS + 1, .n_cols = COLS, .cell = survey},
        {.name = "choices", .n_rows = CHOICES, .n_cols = 4, .cell = choices}};
    const char *path = tf_path_join(h->arena, h->dir, "form.xlsx");
    OK(tf_xlsx_write(path, sheets, 2, true, &h->err));
    return path;
}

static void a_form_is_read(void **state TF_UNUSED)
{
    struct tf_instrument *i;
    IN_HOUSE(h);
    OK(tf_instrument_read(h.arena, write_form(&h, 0, 0, 0, NULL), &i, &h.err));
    assert_int_equal(i->n_questions, 3);
    assert_int_equal(i->n_languages, 2);
    assert_string_equal(i->language[1], "km");
    const struct tf_question *q = tf_instrument_question(i, "exp_e");
    assert_string_equal(q->type, "select_one");
    assert_string_equal(q->list, "yesno");
    assert_string_equal(q->relevant, "${age} > 11");
    assert_string_equal(tf_words_in(&q->label, "km"), "ខ្មែរ");
    assert_int_equal(q->n_choices, 3);
    assert_int_equal(q->row, 3);
    assert_string_equal(q->choice[2].value, "999");
    assert_string_equal(tf_instrument_question(i, "age")->type, "integer");
    assert_null(tf_instrument_question(i, "nothing"));
    OUT_OF_HOUSE(h);
}

static void labels_go_on_columns_of_the_same_name(void **state TF_UNUSED)
{
    struct tf_instrument *i;
    IN_HOUSE(h);
    OK(tf_instrument_read(h.arena, write_form(&h, 0, 0, 0, NULL), &i, &h.err));
    struct tf_table *t = tf_table_new(h.arena, "child", 1);
    const size_t a = tf_table_add(t, "exp_e", TF_NUMBER), b = tf_table_add(t, "other", TF_NUMBER);
    tf_instrument_label(i, "km", t);
    assert_string_equal(t->col[a].label, "ខ្មែរ");
    assert_string_equal(tf_column_label(&t->col[a], 1), "Yes");
    assert_null(t->col[b].label);
    OUT_OF_HOUSE(h);
}

static void each_fault_names_sheet_row_and_column(void **state TF_UNUSED)
{
    static const struct {
        const char *name, *text, *words, *fact;
        int sheet;
        size_t row, col;
    } cases[] = {
        {"an unknown type", "selct_one yesno", "is no type", "sheet 'survey', row 3, column 'type'", 0, 2, 0},
        {"a name twice", "exp_e", "is taken", "sheet 'survey', row 4, column 'name'", 0, 3, 1},
        {"no name", "", "has no name", "sheet 'survey', row 3, column 'name'", 0, 2, 1},
        {"an unknown list", "select_one nolist", "no list 'nolist'", "sheet 'survey', row 3, column 'type'", 0, 2, 0},
        {"a group not ended", "", "never ended", "sheet 'survey', row 2, column 'type'", 0, 4, 0},
        {"an end without a beginning", "end group", "was not begun", "sheet 'survey', row 2, column 'type'", 0, 1, 0},
        {"a choice twice", "1", "stands twice in the list", "sheet 'choices', row 3, column 'name'", 1, 2, 1},
        {"a choice without a name", "", "has no name", "sheet 'choices', row 3, column 'name'", 1, 2, 1},
        {"two columns of one language", "label::en", "two columns hold labels in 'en'", "sheet 'survey', row 1", 0, 0, 3},
        {"no column of types", "tipe", "'type' is missing", "sheet 'survey', row 1", 0, 0, 0},
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct tf_instrument *i;
        IN_HOUSE(h);
        const char *path = write_form(&h, cases[k].sheet, cases[k].row, cases[k].col, cases[k].text);
        print_message("  %s\n", cases[k].name);
        assert_int_equal(tf_instrument_read(h.arena, path, &i, &h.err), TF_E_INPUT);
        assert_non_null(strstr(h.err.what, cases[k].words));
        assert_string_equal(h.err.file, path);
        assert_string_equal(h.err.fact, cases[k].fact);
        OUT_OF_HOUSE(h);
    }
}

static void an_indicator_that_no_form_asks_is_an_error(void **state TF_UNUSED)
{
    struct tf_study *s;
    IN_HOUSE(h);
    struct tf_notices out = {.arena = h.arena};
    size_t not_asked = 0;
    (void)write_form(&h, 0, 0, 0, NULL);
    (void)put_file(&h, "study.yaml",
                   "trefoil: 1\nid: t\ntitle: T\ncountries:\n  - {code: XA, name: A, languages: [en, th]}\n"
                   "datasets:\n  - {id: child, title: C, strand: children, kind: probability, "
                   "file: c.csv, instrument: form.xlsx}\n");
    (void)put_file(&h, "indicators.yaml",
                   "indicators:\n  - {id: a, label: A, dataset: child, items: [exp_e], codes: [1], "
                   "source: own}\n  - {id: b, label: B, dataset: child, items: [exp_z], codes: [1], "
                   "source: own}\n");
    OK(tf_study_read(h.arena, h.dir, &s, &h.err));
    tf_study_check(s, &out);
    bool language = false;
    for (size_t k = 0; k < out.n; k++) {
        not_asked += strcmp(out.item[k].id, "not-asked") == 0 && out.item[k].line == 3;
        language = language || (strcmp(out.item[k].id, "no-label") == 0 &&
                                strstr(out.item[k].text, "'th'") != NULL);
    }
    assert_int_equal(not_asked, 1);
    assert_true(language);
    OUT_OF_HOUSE(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_read),
        cmocka_unit_test(labels_go_on_columns_of_the_same_name),
        cmocka_unit_test(each_fault_names_sheet_row_and_column),
        cmocka_unit_test(an_indicator_that_no_form_asks_is_an_error),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
