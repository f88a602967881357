/* Series of counts: police, platforms, hotline, helpline. Synthetic magnitudes.
 *
 * The police series on cases with a technology element holds the three cells that must never be
 * mixed up: a true zero, a year the source did not record, a year it recorded and did not supply.
 * Parts that add up to a whole do so exactly; kinds of reports are a partition of the total. */
#include <math.h>

#include "demo/inside.h"

enum { YEARS = 3, TIP_YEARS = 5 };
static const int first_year = 2018, first_tip_year = 2016;

struct cell { /* value, or NaN and the source's word for why */
    double value;
    const char *status;
};
struct counts {
    double cases[YEARS], material[YEARS], solicitation[YEARS]; /* police, cases by offence */
    struct cell technology[YEARS];
    double girls[YEARS], boys[YEARS];                  /* recorded victims */
    double tips[TIP_YEARS], first_platform[TIP_YEARS]; /* reports; share of kind one */
    struct cell hotline[YEARS];
    double helpline[YEARS], helpline_online[YEARS];
};
#define GIVEN(x)                                                                                   \
    {                                                                                              \
        (x), "as_published"                                                                        \
    }
#define ABSENT(why)                                                                                \
    {                                                                                              \
        (double)NAN, (why)                                                                         \
    }
static const struct counts counts[DEMO_COUNTRIES] = {
    {{412, 437, 398},
     {9, 14, 11},
     {0, 3, 5},
     {GIVEN(0), ABSENT("not_recorded"), ABSENT("not_supplied")},
     {431, 452, 409},
     {19, 16, 22},
     {4120, 6480, 15930, 21870, 18340},
     {0.88, 0.90, 0.92, 0.91, 0.86},
     {GIVEN(61), GIVEN(94), GIVEN(138)},
     {3120, 3544, 4210},
     {44, 61, 103} },
    {{1326, 1418, 1277},
     {31, 42, 57},
     {7, 12, 18},
     {ABSENT("not_recorded"), GIVEN(0), ABSENT("not_supplied")},
     {1361, 1437, 1302},
     {41, 52, 49},
     {12650, 17430, 26890, 33120, 47250},
     {0.92, 0.93, 0.94, 0.93, 0.91},
     {GIVEN(12), GIVEN(35), GIVEN(58)},
     {5210, 5832, 7144},
     {88, 131, 236}},
    {{2241, 2390, 2122},
     {18, 22, 27},
     {0, 0, 4},
     {ABSENT("not_supplied"), ABSENT("not_recorded"), GIVEN(0)},
     {2305, 2466, 2190},
     {38, 45, 51},
     {9930, 12120, 21470, 24560, 30240},
     {0.94, 0.94, 0.95, 0.94, 0.93},
     {ABSENT("no_category"), ABSENT("no_category"), GIVEN(9)},
     {2044, 2391, 3127},
     {19, 27, 66}  },
};

struct series {
    struct demo_country *c;
    struct tf_buf out;
    const char *breakdown; /* column name, or NULL */
};

static void begin(struct series *s, struct demo_country *c, const char *breakdown)
{
    *s = (struct series){.c = c, .out = {.arena = c->arena}, .breakdown = breakdown};
    tf_buf_printf(&s->out, "area,year,%s%svalue,status,released,document,remark\n",
                  breakdown == NULL ? "" : breakdown, breakdown == NULL ? "" : ",");
}

static void add(struct series *s, int year, const char *part, double value, const char *status,
                const char *document)
{
    tf_buf_printf(&s->out, "%s,%d,", s->c->preset->code, year);
    if (s->breakdown != NULL) {
        tf_buf_csv(&s->out, part);
        tf_buf_char(&s->out, ',');
    }
    if (!isnan(value))
        tf_buf_fixed(&s->out, value, 0);
    tf_buf_printf(&s->out, ",%s,2021-02-03,%s,synthetic\n", status, document);
}

static enum tf_code police(struct demo_country *c, const struct counts *n, struct tf_err *reterr)
{
    struct series s;
    begin(&s, c, "offence");
    for (int y = 0; y < YEARS; y++) {
        const char *doc = "Annual statistics of the national police";
        add(&s, first_year + y, "total", n->cases[y], "as_published", doc);
        add(&s, first_year + y, "Child sexual abuse material", n->material[y], "as_published", doc);
        add(&s, first_year + y, "Solicitation of children", n->solicitation[y], "as_published",
            doc);
        add(&s, first_year + y, "Other sexual offences against children",
            n->cases[y] - n->material[y] - n->solicitation[y], "as_published", doc);
    }
    TF_TRY(demo_put(c, "threats/{country}/police.csv", &s.out, reterr));
    begin(&s, c, NULL);
    for (int y = 0; y < YEARS; y++)
        add(&s, first_year + y, "", n->technology[y].value, n->technology[y].status,
            "Reply of the national police to the study's form");
    TF_TRY(demo_put(c, "threats/{country}/police_tech.csv", &s.out, reterr));
    begin(&s, c, "sex");
    for (int y = 0; y < YEARS; y++) {
        const char *doc = "Annual statistics of the national police";
        add(&s, first_year + y, "total", n->girls[y] + n->boys[y], "as_published", doc);
        add(&s, first_year + y, "Girls", n->girls[y], "as_published", doc);
        add(&s, first_year + y, "Boys", n->boys[y], "as_published", doc);
    }
    return demo_put(c, "threats/{country}/police_victims.csv", &s.out, reterr);
}

static enum tf_code platforms(struct demo_country *c, const struct counts *n, struct tf_err *reterr)
{
    struct series s, k;
    begin(&s, c, NULL);
    begin(&k, c, "service");
    for (int y = 0; y < TIP_YEARS; y++) {
        const char *doc = "Annual table of reports by country";
        const double social = floor(n->tips[y] * n->first_platform[y]);
        const double storage = floor(n->tips[y] * 0.035);
        add(&s, first_tip_year + y, "", n->tips[y], "as_published", doc);
        add(&k, first_tip_year + y, "Social media", social, "as_published", doc);
        add(&k, first_tip_year + y, "File storage", storage, "as_published", doc);
        add(&k, first_tip_year + y, "Other services", n->tips[y] - social - storage, "as_published",
            doc);
    }
    TF_TRY(demo_put(c, "threats/{country}/platform_reports.csv", &s.out, reterr));
    return demo_put(c, "threats/{country}/platform_reports_kind.csv", &k.out, reterr);
}

static enum tf_code lines(struct demo_country *c, const struct counts *n, struct tf_err *reterr)
{
    struct series hot, help;
    begin(&hot, c, NULL);
    begin(&help, c, "subject");
    for (int y = 0; y < YEARS; y++) {
        add(&hot, first_year + y, "", n->hotline[y].value, n->hotline[y].status,
            "Annual report of the national hotline");
        add(&help, first_year + y, "total", n->helpline[y], "as_published",
            "Annual report of the child helpline");
        add(&help, first_year + y, "Harm online", n->helpline_online[y], "as_published",
            "Annual report of the child helpline");
        add(&help, first_year + y, "Other subjects", n->helpline[y] - n->helpline_online[y],
            "as_published", "Annual report of the child helpline");
    }
    TF_TRY(demo_put(c, "threats/{country}/hotline.csv", &hot.out, reterr));
    return demo_put(c, "threats/{country}/helpline.csv", &help.out, reterr);
}

enum tf_code demo_threats(struct demo_country *c, struct tf_err *reterr)
{
    const struct counts *n = &counts[c->preset->index];
    TF_TRY(police(c, n, reterr));
    TF_TRY(platforms(c, n, reterr));
    return lines(c, n, reterr);
}
