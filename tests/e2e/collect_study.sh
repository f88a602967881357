# A small study for the tests of the collecting server, sourced: make_study DIR makes it, with a clear
# form `work` (versions 1 and 2, media towns.csv), a sealed form `child`, and a draft. Sets $device,
# $token and $draft.
make_study() {
    mkdir -p "$1/children/media"
    cat >"$1/study.yaml" <<'YAML'
trefoil: 1
id: server-test
title: A study for tests
synthetic: true
countries:
  - {code: XA, name: Country A, status: active, ages: [12, 17], languages: [en]}
forms:
  - {id: work, file: children/work.md, who: interviewer, encrypted: false, media: children/media, clear: [cluster, visits, audit]}
  - {id: child, file: children/child.md, who: child, clear: [cluster, audit]}
  - {id: trial, file: children/trial.md, who: interviewer, encrypted: false}
YAML
    printf 'name_key,name\n1,Here\n2,There\n' >"$1/children/media/towns.csv"
    work_form "$1" 1
    cat >"$1/children/child.md" <<'MD'
| survey |
| | type | name | label |
| | text | cluster | Cluster |
| | integer | age | How old are you? |
| settings |
| | form_id | version | form_title |
| | child | 1 | Child |
MD
    cat >"$1/children/trial.md" <<'MD'
| survey |
| | type | name | label |
| | text | cluster | Cluster |
| settings |
| | form_id | version | form_title |
| | trial | 1 | Trial |
MD
    "$trefoil" field publish work --country XA --study "$1" >"$1/published"
    work_form "$1" 2
    "$trefoil" field publish work --country XA --study "$1" >>"$1/published"
    "$trefoil" field publish child --country XA --study "$1" >>"$1/published"
    "$trefoil" field publish trial --country XA --draft --study "$1" >"$1/draft"
    "$trefoil" field enrol tablet-1 --person int-1 --team T1 --country XA --url http://127.0.0.1 --json \
        --study "$1" >"$1/enrolled"
    token=$(sed -n 's|.*/key/\([^"]*\)".*|\1|p' "$1/enrolled")
    draft=$(sed -n 's|.*/test/\([^/]*\)/.*|\1|p' "$1/draft")
}
work_form() { # work_form DIR VERSION
    cat >"$1/children/work.md" <<MD
| survey |
| | type | name | label | parameters |
| | audit | audit | | |
| | text | cluster | Cluster | |
| | integer | visits | Visits | |
| | text | remark | Remark | |
| | image | door | Photo of the door | |
| | select_one_from_file towns.csv | town | Town | value=name_key label=name |
| settings |
| | form_id | version | form_title |
| | work | $2 | Work |
MD
}
# Two more forms, for benches: `bench`, clear, of 50 questions, and `sealed`.
bench_form() {
    { printf '| survey |\n| | type | name | label |\n'
      k=1; while [ $k -le 50 ]; do echo "| | integer | q$k | Question $k |"; k=$((k + 1)); done
      for note in note note2 note3; do echo "| | text | $note | Remark |"; done
      printf '| settings |\n| | form_id | version | form_title |\n| | bench | 1 | Bench |\n'; } >"$1/children/bench.md"
    printf '| survey |\n| | type | name | label |\n| | text | a | A |\n| settings |\n| | form_id | version | form_title |\n| | sealed | 1 | Sealed |\n' >"$1/children/sealed.md"
    cat >>"$1/study.yaml" <<'YAML'
  - {id: bench, file: children/bench.md, who: interviewer, encrypted: false, clear: [q1]}
  - {id: sealed, file: children/sealed.md, who: child}
YAML
    "$trefoil" field publish bench --country XA --study "$1" >/dev/null
    "$trefoil" field publish sealed --country XA --study "$1" >/dev/null
}
