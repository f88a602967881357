/* trefoil init: begin a study: a complete, commented folder to edit
 *
 * usage: trefoil init DIR [--template disrupting-harm]
 *
 * Writes a new study into DIR, which must be empty or not there. The template `disrupting-harm` holds
 * the plan of a programme of national studies in three strands: its countries, research questions,
 * activities with targets, partners, timeline and principles; questionnaires for children, caregivers
 * and frontline workers in neutral wording of our own; a registry of indicators; recipes, cleaning
 * rules, a codebook, the heads of the tables to fill, and the skeleton of a report.
 *
 * It holds no data and states no number of any country: those are the team's to enter. Read
 * DIR/README.md first, then edit DIR/study.yaml; `trefoil check DIR` says what is still missing.
 *
 * examples:
 *   trefoil init my-study
 *   trefoil check my-study
 */
#include <jansson.h>

#include "ask/ask.h"
#include "cmd/cmd.h"

enum tf_code cmd_init(struct tf_run *run, struct tf_err *reterr)
{
    const char *name = "disrupting-harm", **word;
    size_t n;
    const struct tf_option options[] = {{.name = "--template", .text = &name}};
    TF_TRY(tf_options(run, options, 1, &word, &n, reterr));
    if (n != 1)
        return tf_usage(run, reterr, "name the folder of the new study");
    TF_TRY(tf_study_init(run->arena, word[0], name, reterr));
    if (run->json)
        tf_say_json(json_pack("{s:s}", "study", word[0]));
    else
        tf_say("a new study stands in %s\n"
               "read %s/README.md, edit %s/study.yaml, then: trefoil check %s\n",
               word[0], word[0], word[0], word[0]);
    return TF_OK;
}
