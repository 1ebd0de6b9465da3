//! `codeid identify --file`: millions of code values, on all cores, answered in input order.
//!
//! One thread reads blocks of lines and deals them out to the workers in turn; the writer collects
//! their answers in the same turn, and so in input order. Every queue is short, so that memory is
//! bounded by the number of workers, whatever the input's length and whichever part is slowest.

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use codeid_engine::{CodeValue, OpenId, RouteTable, Scratch};

use super::lines::{Block, Blocks, MAX_LINE_BYTES};
use super::progress::Progress;
use crate::output::Failure;
use codeid_daemon::identify::{write_failure, write_verdict};
use codeid_daemon::result::identify::PARAM_ILLEGAL;

/// How many blocks may wait for a worker, and how many of its answers for the writer.
const QUEUE_BLOCKS: usize = 2;

/// The answers to one block.
struct Answers {
    json_lines: Vec<u8>,
    input_bytes: u64,
}

/// Identifies each line of the file at `path` (`-`: standard input) for `open_id`, and writes a
/// JSON object a line.
pub(super) fn identify_lines(
    table: RouteTable,
    open_id: OpenId<'_>,
    path: &Path,
    output: &mut impl Write,
) -> Result<(), Failure> {
    let cannot_read =
        |error: io::Error| Failure::Message(format!("{} cannot be read: {error}", path.display()));
    let (input, length): (Box<dyn Read + Send>, Option<u64>) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let file = File::open(path).map_err(cannot_read)?;
        let metadata = file.metadata().map_err(cannot_read)?;
        (Box::new(file), metadata.is_file().then_some(metadata.len()))
    };

    // The threads are not scoped: when the reader of our output goes away, or a worker fails, we end
    // at once, though one of them may still wait for input that never comes.
    let (work, mut workers): (Vec<_>, Vec<_>) = {
        let table = Arc::new(table);
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        (0..count).map(|_| Worker::start(&table, open_id)).unzip()
    };
    let reader = thread::spawn(move || deal_out(input, &work));

    let progress = Progress::start(length);
    let mut turn = 0;
    while let Ok(answers) = workers[turn].answers.recv() {
        output.write_all(&answers.json_lines)?;
        output.flush()?;
        progress.advance(answers.input_bytes);
        turn = (turn + 1) % workers.len();
    }
    progress.finish();
    // This worker hung up: it failed, or there is no more work, and the reader has ended too.
    let failed = |_| Failure::Message("a thread failed".to_owned());
    workers.swap_remove(turn).thread.join().map_err(failed)?;
    reader.join().map_err(failed)?.map_err(cannot_read)
}

/// A thread that answers blocks.
struct Worker {
    answers: Receiver<Answers>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts a worker; it ends when the sender is dropped, or the worker.
    fn start(table: &Arc<RouteTable>, open_id: OpenId<'_>) -> (SyncSender<Block>, Self) {
        let (to_worker, blocks) = sync_channel(QUEUE_BLOCKS);
        let (to_writer, answers) = sync_channel(QUEUE_BLOCKS);
        let (table, open_id) = (Arc::clone(table), open_id.as_str().to_owned());
        let thread = thread::spawn(move || {
            let open_id = OpenId::new(&open_id).expect("the caller has checked it");
            answer_blocks(&table, open_id, &blocks, &to_writer);
        });
        (to_worker, Self { answers, thread })
    }
}

/// Hands each block to the next worker in turn; ends with the input, or when a worker is gone.
fn deal_out(input: impl Read, work: &[SyncSender<Block>]) -> io::Result<()> {
    for (block, worker) in Blocks::new(input).zip(work.iter().cycle()) {
        if worker.send(block?).is_err() {
            break;
        }
    }
    Ok(())
}

/// Answers blocks until there are no more, or until nobody wants the answers.
fn answer_blocks(
    table: &RouteTable,
    open_id: OpenId<'_>,
    blocks: &Receiver<Block>,
    to_writer: &SyncSender<Answers>,
) {
    let mut scratch = Scratch::new();
    for block in blocks {
        let mut json_lines = Vec::with_capacity(block.text.len() * 4);
        for (number, line) in (block.first_line..).zip(block.lines()) {
            answer_line(table, open_id, number, line, &mut scratch, &mut json_lines);
        }
        let answers = Answers {
            json_lines,
            input_bytes: block.input_bytes,
        };
        if to_writer.send(answers).is_err() {
            break;
        }
    }
}

/// Appends the object of one line: its number, then the fields of the result.
fn answer_line(
    table: &RouteTable,
    open_id: OpenId<'_>,
    number: u64,
    line: &[u8],
    scratch: &mut Scratch,
    out: &mut Vec<u8>,
) {
    write!(out, "{{\"line\":{number}").expect("writing to memory cannot fail");
    let result = out.len();
    match code_value(line) {
        Ok(code) => write_verdict(&table.identify(code, open_id, scratch), out),
        Err(detail) => write_failure(&PARAM_ILLEGAL, &detail, out),
    }
    // The result is an object of its own; its fields go on with this one's.
    out[result] = b',';
    out.extend_from_slice(b"\n");
}

fn code_value(line: &[u8]) -> Result<CodeValue<'_>, String> {
    if line.len() > MAX_LINE_BYTES {
        // What follows was perhaps not kept, so its characters cannot be counted.
        let most = CodeValue::MAX_CHARACTERS;
        return Err(format!(
            "codeValue must have 1 to {most} characters but has more than {MAX_LINE_BYTES} bytes."
        ));
    }
    let text = std::str::from_utf8(line).map_err(|error| {
        format!(
            "codeValue is not valid UTF-8 at byte {}.",
            error.valid_up_to()
        )
    })?;
    CodeValue::new(text).map_err(|error| format!("{error}."))
}
