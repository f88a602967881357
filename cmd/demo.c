/* trefoil demo: write a complete synthetic study to learn from
 *
 *     trefoil demo DIR
 *
 * Writes a study of three countries that do not exist (XA, XB, XC) into DIR, which must be empty or
 * not be there: study.yaml, sampling frames, contact sheets, interviews with children and
 * caregivers, a survey of frontline workers, police and platform series, the legal grid,
 * transcripts with coded passages, findings and report texts. All of it is synthetic and says so.
 * The data carry the faults that real files had; the rules that handle them stand in
 * children/child.cleaning.yaml. The folder faults/ holds report texts that must stop a build, each
 * with the message to expect.
 *
 * The same bytes come out each time. Then, for example:
 *
 *     trefoil check demo-study
 *     trefoil tell report XB --study demo-study
 */
#include <jansson.h>

#include "cmd/cmd.h"
#include "demo/demo.h"

enum tf_code cmd_demo(struct tf_run *run, struct tf_err *reterr)
{
    const char **word;
    size_t n;
    TF_TRY(tf_options(run, NULL, 0, &word, &n, reterr));
    if (n != 1)
        return tf_usage(run, reterr, "trefoil demo takes one folder: trefoil demo demo-study");
    TF_TRY(tf_demo_write(run->arena, word[0], reterr));
    if (run->json)
        tf_say_json(json_pack("{s:s}", "study", word[0]));
    else
        tf_say("A synthetic study of three countries was written to %s.\n"
               "Next: trefoil check %s; trefoil tell report XB --study %s\n",
               word[0], word[0], word[0]);
    return TF_OK;
}
