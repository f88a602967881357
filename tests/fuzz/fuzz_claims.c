/* Claims: any bytes as a claim of a small release end in claims or an error with its line; the body is
 * the end of the file. Checking gathers what reading would stop at. */
#include "folder.h"

#include "relate/relate.h"

static struct tf_cell cells[] = {
    {.row = "exp_a", .row_label = "A", .col = "total", .state = TF_CELL_SHOWN},
    {.row = "exp_a", .row_label = "A", .col = "sex=1", .col_label = "Boys", .state = TF_CELL_SUPPRESSED},
    {.row = "b1.2", .row_label = "B", .col = "total", .state = TF_CELL_UNRELIABLE}};
static struct tf_cell counts[] = {
    {.row = "total", .row_label = "Total", .col = "2019", .state = TF_CELL_SHOWN}};
static struct tf_figure figures[] = {
    {.id = "exp", .strand = TF_CHILDREN, .cell = cells, .n_cells = 3},
    {.id = "police", .kind = TF_FIG_SERIES, .strand = TF_THREATS, .cell = counts, .n_cells = 1}};
static struct tf_quote quotes[] = {{.id = "Q-XA-01"}};
static struct tf_legal laws[] = {{.id = "L-XA-01"}};
static const struct tf_release release = {.country = "XA", .figure = figures, .n_figures = 2,
                                          .quote = quotes, .n_quotes = 1, .legal = laws,
                                          .n_legal = 1};
static struct tf_country country = {.code = "XA", .name = "Country XA"};
static const char *allowed[] = {"12–17"};
static const struct tf_study study = {.dir = folder, .file = "study.yaml", .findings = "findings",
                                      .country = &country, .n_countries = 1,
                                      .allowed_number = allowed, .n_allowed_numbers = 1};

static void try_input(struct tf_arena *arena, const char *data, size_t n)
{
    struct tf_claims *claims;
    struct tf_err err;
    struct tf_notices out = {.arena = arena};
    if (n_written == 0)
        folder_make("findings");
    folder_put("findings/claim.md", data, n);
    const enum tf_code code = tf_claims_read(arena, &study, "XA", &release, &claims, &err);
    tf_relate_check(arena, &study, "XA", &release, &out);
    if ((code == TF_OK) != (tf_notices_count(&out, TF_ERROR) == 0))
        abort();
    for (size_t k = 0; code == TF_OK && k < claims->n; k++) {
        const struct tf_claim *c = &claims->item[k];
        const size_t body = strlen(c->body);
        if (c->body_line < 2 || (memchr(data, '\0', n) == NULL &&
                                 (body > n || memcmp(c->body, data + n - body, body) != 0)))
            abort();
    }
}
