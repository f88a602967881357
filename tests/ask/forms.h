/* Small XForms that tests of ask share. */
#ifndef TF_TESTS_ASK_FORMS_H
#define TF_TESTS_ASK_FORMS_H

#define XF_OPEN(title) \
    "<?xml version=\"1.0\"?>\n" \
    "<h:html xmlns=\"http://www.w3.org/2002/xforms\" xmlns:h=\"http://www.w3.org/1999/xhtml\"\n" \
    " xmlns:jr=\"http://openrosa.org/javarosa\" xmlns:orx=\"http://openrosa.org/xforms\"\n" \
    " xmlns:odk=\"http://www.opendatakit.org/xforms\"\n" \
    " xmlns:entities=\"http://www.opendatakit.org/xforms/entities\">\n" \
    "<h:head><h:title>" title "</h:title><model odk:xforms-version=\"1.0.0\">\n"
#define XF_BODY "</model></h:head><h:body>\n"
#define XF_CLOSE "</h:body></h:html>\n"
/* A form of one instance (inner nodes), its model and its body. */
#define XF_FORM(nodes, model, body) \
    XF_OPEN("Test") "<instance><data id=\"test\" version=\"7\">" nodes \
    "<orx:meta><orx:instanceID/></orx:meta></data></instance>\n" model \
    "<bind nodeset=\"/data/orx:meta/orx:instanceID\" type=\"string\" readonly=\"true()\"" \
    " jr:preload=\"uid\"/>\n" XF_BODY body XF_CLOSE

/* Two languages, a repeat, choices of both kinds, media, a key. */
static const char xf_household[] = XF_OPEN("Household")
    "<submission base64RsaPublicKey=\"TUlJQg==\"/>\n"
    "<itext>\n"
    "<translation lang=\"English (en)\" default=\"true()\">"
    "<text id=\"/data/age:label\"><value>How old is <output value=\" /data/who \"/>?</value>"
    "<value form=\"audio\">jr://audio/age.mp3</value></text>"
    "<text id=\"/data/age:hint\"><value>In years</value><value form=\"guidance\">Full years</value></text>"
    "<text id=\"yesno-0\"><value>Yes</value></text><text id=\"yesno-1\"><value>No</value></text>"
    "</translation>\n"
    "<translation lang=\"Khmer (km)\">"
    "<text id=\"/data/age:label\"><value>km age</value></text>"
    "<text id=\"/data/age:hint\"><value>km hint</value></text>"
    "<text id=\"yesno-0\"><value>km yes</value></text><text id=\"yesno-1\"><value>km no</value></text>"
    "</translation></itext>\n"
    "<instance><data id=\"household\" version=\"3\">"
    "<who/><age/><net/><kid jr:template=\"\"><name/><photo/></kid><kid><name/><photo/></kid>"
    "<total>0</total><orx:meta><orx:audit/><orx:instanceID/></orx:meta></data></instance>\n"
    "<instance id=\"yesno\"><root>"
    "<item><itextId>yesno-0</itextId><name>1</name></item>"
    "<item><itextId>yesno-1</itextId><name>0</name></item></root></instance>\n"
    "<instance id=\"areas\" src=\"jr://file-csv/areas.csv\"/>\n"
    "<bind nodeset=\"/data/who\" type=\"string\" required=\"true()\"/>\n"
    "<bind nodeset=\"/data/age\" type=\"int\" constraint=\". &gt;= 9 and . &lt;= 17\""
    " jr:constraintMsg=\"From 9 to 17\"/>\n"
    "<bind nodeset=\"/data/net\" type=\"string\" relevant=\" /data/age &gt; 10\"/>\n"
    "<bind nodeset=\"/data/kid/photo\" type=\"binary\" relevant=\"../name != ''\"/>\n"
    "<bind nodeset=\"/data/total\" type=\"int\" calculate=\"count( /data/kid )\"/>\n"
    "<bind nodeset=\"/data/orx:meta/orx:audit\" type=\"binary\"/>\n"
    "<bind nodeset=\"/data/orx:meta/orx:instanceID\" type=\"string\" readonly=\"true()\""
    " jr:preload=\"uid\"/>\n"
    "<setvalue event=\"odk-instance-first-load\" ref=\"/data/who\" value=\"'A' \"/>\n" XF_BODY
    "<input ref=\"/data/who\"><label>Name</label></input>\n"
    "<input ref=\"/data/age\"><label ref=\"jr:itext('/data/age:label')\"/>"
    "<hint ref=\"jr:itext('/data/age:hint')\"/></input>\n"
    "<select1 ref=\"/data/net\" appearance=\"minimal\"><label>Net</label>"
    "<itemset nodeset=\"instance('yesno')/root/item\"><value ref=\"name\"/>"
    "<label ref=\"jr:itext(itextId)\"/></itemset></select1>\n"
    "<group ref=\"/data/kid\"><label>Kid</label><repeat nodeset=\"/data/kid\">"
    "<input ref=\"/data/kid/name\"><label>Its name</label></input>"
    "<upload ref=\"/data/kid/photo\" mediatype=\"image/*\"><label>Photo</label></upload>"
    "</repeat></group>\n" XF_CLOSE;
static const char xf_household_answer[] =
    "<data id=\"household\" version=\"3\" xmlns:orx=\"http://openrosa.org/xforms\">"
    "<who>A &amp; B</who><age>14</age><net>1</net>"
    "<kid><name>one</name><photo>1.jpg</photo></kid><kid><name>two</name><photo>2.jpg</photo></kid>"
    "<total>2</total><orx:meta><orx:audit>audit.csv</orx:audit>"
    "<orx:instanceID>uuid:11111111-2222-4333-8444-555555555555</orx:instanceID></orx:meta></data>";

#endif
