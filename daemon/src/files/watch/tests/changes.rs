//! The ways in which programs change files, each of which is announced once.

use tokio::task::JoinSet;

use super::*;

/// Changes of the file `$F` in the working directory: a name, the script that runs before the file
/// is watched, and the script that replaces `[1]` by `[2]`. The file `new` holds `[2]`.
const CHANGES: &[(&str, &str, &str)] = &[
    ("redirection", "", "printf '[2]' > $F"),
    ("mv", "", "mv new $F"),
    ("cp", "", "cp new $F"),
    ("cp, not in place", "", "cp --remove-destination new $F"),
    ("install", "", "install -m 600 new $F"),
    ("ln over it", "", "ln -f new $F"),
    ("sed -i", "", "sed -i s/1/2/ $F"),
    (
        "dd of the same length",
        "",
        "dd if=new of=$F conv=notrunc status=none",
    ),
    (
        "temporary file and rename",
        "",
        "cp new .$F.tmp; sync .$F.tmp; mv .$F.tmp $F",
    ),
    (
        "vim: backup by rename",
        "",
        "mv $F $F~; cp new $F; chmod 600 $F; rm $F~",
    ),
    (
        "vim: its test file, then a swap",
        "",
        "touch 4913; rm 4913; cp new .$F.swp; mv $F $F~; mv .$F.swp $F",
    ),
    ("nano: backup by copy", "", "cp $F $F~; cat new > $F"),
    (
        "emacs: a broken link as the lock",
        "",
        "ln -s me@host.1:2 .#$F; cp new x; mv x $F; rm .#$F",
    ),
    (
        "pieces, no stall",
        "",
        "exec 3> $F; for c in '[' 2 ']'; do printf $c >&3; done",
    ),
    (
        "pieces, short stalls",
        "",
        "exec 3> $F; for c in '[' 2 ']'; do sleep 0.08; printf $c >&3; done",
    ),
    (
        "pieces, long stalls",
        "",
        "exec 3> $F; for c in '[' 2 ']'; do sleep 0.5; printf $c >&3; done",
    ),
    (
        "truncated, then a stall",
        "",
        ": > $F; sleep 0.5; cat new > $F",
    ),
    ("deleted and made at once", "", "rm $F; cp new $F"),
    ("deleted and made later", "", "rm $F; sleep 0.5; cp new $F"),
    (
        "moved away and another moved in",
        "",
        "mv $F away; sleep 0.5; mv new $F",
    ),
    (
        "a burst of a hundred",
        "",
        "for i in $(seq 100); do echo \"[3, $i\" > $F; done; cat new > $F",
    ),
    (
        "rewritten in a burst by renames",
        "",
        "for i in $(seq 50); do echo \"[3, $i\" > x; mv x $F; done; mv new $F",
    ),
    (
        "permission taken and given",
        "",
        "chmod 0 $F; sleep 0.2; cat new > $F; chmod 600 $F",
    ),
    (
        "a link to a file, which is written",
        "mv $F target; ln -s target $F",
        "cat new > target",
    ),
    (
        "a link to a file elsewhere, which is renamed over",
        "mkdir deep; mv $F deep/target; ln -s deep/target $F",
        "mv new deep/target",
    ),
    (
        "a link flipped",
        "mv $F one; ln -s one $F",
        "ln -s new x; mv -T x $F",
    ),
    (
        "a link flipped by ln",
        "mv $F one; ln -s $PWD/one $F",
        "ln -sfn $PWD/new $F",
    ),
    (
        "a link of links flipped in the middle",
        "mkdir a b; mv $F a/x; mv new b/x; ln -s a current; ln -s current/x $F",
        "ln -s b y; mv -T y current",
    ),
    (
        "a link to a release, then its file written",
        "mkdir a b; mv $F a/x; echo '[3' > b/x; ln -s a current; ln -s current/x $F",
        "ln -s b y; mv -T y current; sleep 0.05; mv new b/x; rm -r a",
    ),
    (
        "Kubernetes: ..data flipped, the old directory removed",
        "mkdir ..1; mv $F ..1/$F; ln -s ..1 ..data; ln -s ..data/$F $F",
        "mkdir ..2; cp new ..2/$F; ln -s ..2 ..data_tmp; mv -T ..data_tmp ..data; rm -r ..1",
    ),
    (
        "Kubernetes: twice",
        "mkdir ..1; mv $F ..1/$F; ln -s ..1 ..data; ln -s ..data/$F $F",
        "for i in 2 3; do mkdir ..$i; cp ..1/$F ..$i 2> /dev/null || cp new ..3/$F; \
         ln -s ..$i ..data_tmp; mv -T ..data_tmp ..data; rm -r ..$((i - 1)); sleep 0.3; done",
    ),
];

/// Changes of the file `$F` in the directory `$D`.
const CHANGES_OF_DIRECTORIES: &[(&str, &str, &str)] = &[
    (
        "removed and made at once",
        "",
        "rm -r $D; mkdir $D; cp new $D/$F",
    ),
    (
        "removed and made later",
        "",
        "rm -r $D; sleep 0.4; mkdir $D; sleep 0.4; cp new $D/$F",
    ),
    (
        "moved away and another moved in",
        "",
        "mkdir x; cp new x/$F; mv $D away; mv x $D",
    ),
    (
        "moved away, then written in the new one",
        "",
        "mv $D away; mkdir $D; cp new $D/x; mv $D/x $D/$F",
    ),
    (
        "made a link",
        "",
        "mkdir x; cp new x/$F; mv $D away; ln -s x $D",
    ),
];

/// Makes a change and asserts that it is announced once. A second change shows that nothing else
/// was announced before it.
async fn change(
    below: &'static str,
    (name, prepare, change): (&'static str, &'static str, &'static str),
    settings: &'static settings::Watch,
) {
    let fixture = Fixture::new(below);
    fixture
        .run("mkdir -p $D; printf '[1]' > $F; cp $F $D/$F; printf '[2]' > new")
        .await;
    fixture.run(prepare).await;
    let watch = fixture.watch(settings);
    assert_eq!(read(&watch).await, "[1]", "{name}");
    let mut reader = Reader::begin(watch);
    fixture.run(change).await;
    assert_eq!(reader.next().await, "[2]", "{name}");
    let path = fixture.path.display();
    fixture
        .run(&format!("printf '[\"end\"]' > end; mv end {path}"))
        .await;
    assert_eq!(reader.next().await, "[\"end\"]", "{name}");
    assert!(reader.announced.try_recv().is_err(), "{name}");
}

/// Makes all changes concurrently, since each spends most of its time waiting.
async fn change_in_every_way(settings: &'static settings::Watch) {
    let mut tasks = JoinSet::new();
    for &case in CHANGES {
        tasks.spawn(change("", case, settings));
    }
    for &case in CHANGES_OF_DIRECTORIES {
        tasks.spawn(change("directory", case, settings));
    }
    tasks.join_all().await;
}

#[tokio::test]
async fn every_way_to_change_a_file_is_noticed_by_events() {
    change_in_every_way(&EVENTS).await;
}

#[tokio::test]
async fn every_way_to_change_a_file_is_noticed_by_polling() {
    change_in_every_way(&POLLING).await;
}
