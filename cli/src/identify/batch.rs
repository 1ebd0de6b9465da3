//! `codeid identify --file`: millions of code values, on all cores, answered in input order.
//!
//! One thread reads blocks of lines and distributes them to the workers in rotation; the writer
//! collects the responses in the same rotation, and so in input order. Every queue is short, so
//! that memory is bounded by the number of workers, whatever the length of the input and whichever
//! part is slowest.

use std::io::{self, Read, Write};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use codeid_daemon::identify::{write_failure, write_verdict};
use codeid_daemon::regular_file;
use codeid_daemon::result::identify::PARAM_ILLEGAL;
use codeid_daemon::uri::{opened_path, shown_path};
use codeid_engine::{OpenId, RouteTable, RuleId, Scratch};

use super::explain;
use super::lines::{Block, Blocks};
use super::parameter::parameters_of_line;
use super::progress::Progress;
use crate::output::Failure;

/// The length of each queue: blocks that wait for a worker, and its responses for the writer.
const QUEUE_BLOCKS: usize = 2;

/// The way in which each line is identified.
#[derive(Clone)]
pub(super) struct LineOptions {
    /// The openId for lines without one, whose length is allowed.
    pub(super) open_id: Option<String>,
    /// `true` to add the rules that accept the code value.
    pub(super) explain: bool,
}

/// The reason why the lines of a file are not all identified.
#[derive(Debug, thiserror::Error)]
enum BatchError {
    /// The file cannot be opened.
    #[error("{} cannot be read", shown_path(path))]
    NotOpened { path: PathBuf, source: io::Error },
    /// The file was opened and cannot be read.
    #[error("{} cannot be read", opened_path(path))]
    Unreadable { path: PathBuf, source: io::Error },
    /// A thread of the command panicked.
    #[error("a thread panicked")]
    Panicked,
}

/// The responses to one block.
struct Responses {
    json_lines: Vec<u8>,
    input_bytes: u64,
}

/// Identifies each line of the file at `path` (`-` is standard input), and writes one JSON object per
/// line.
///
/// # Errors
///
/// [`Failure`] if the file cannot be read, standard output cannot be written, or a thread panics.
/// The responses before the failure are written.
pub(super) fn identify_lines(
    table: RouteTable,
    options: &LineOptions,
    path: &Path,
    output: &mut impl Write,
) -> Result<(), Failure> {
    let cannot_read = |source: io::Error| {
        Failure::other(BatchError::Unreadable {
            path: path.to_owned(),
            source,
        })
    };
    let (input, length): (Box<dyn Read + Send>, Option<u64>) = if path == Path::new("-") {
        (Box::new(io::stdin()), None)
    } else {
        let (file, metadata) = regular_file::open(path).map_err(|source| {
            Failure::other(BatchError::NotOpened {
                path: path.to_owned(),
                source: source.into(),
            })
        })?;
        (Box::new(file), Some(metadata.len()))
    };

    // The threads are not scoped: if the reader of the output goes away or a worker fails, the
    // command ends at once, although the reading thread may still wait for input that never comes.
    let (work, mut workers): (Vec<_>, Vec<_>) = {
        let table = Arc::new(table);
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        (0..count).map(|_| Worker::start(&table, options)).unzip()
    };
    let reader = thread::spawn(move || distribute(input, &work));

    let progress = Progress::start(length);
    let mut turn = 0;
    let receive = |worker: &Worker| worker.responses.recv().ok();
    while let Some(responses) = workers.get(turn).and_then(receive) {
        output.write_all(&responses.json_lines)?;
        output.flush()?;
        progress.advance(responses.input_bytes);
        turn = (turn + 1) % workers.len();
    }
    progress.finish();
    // This worker has closed its channel: it failed, or the input is exhausted and the reader has
    // ended too.
    let failed = |_| Failure::other(BatchError::Panicked);
    workers.swap_remove(turn).thread.join().map_err(failed)?;
    reader.join().map_err(failed)?.map_err(cannot_read)
}

/// A thread that identifies blocks of lines.
struct Worker {
    responses: Receiver<Responses>,
    thread: JoinHandle<()>,
}

impl Worker {
    /// Starts a worker, which ends when the sender or the worker is dropped.
    fn start(table: &Arc<RouteTable>, options: &LineOptions) -> (SyncSender<Block>, Self) {
        let (to_worker, blocks) = sync_channel(QUEUE_BLOCKS);
        let (to_writer, responses) = sync_channel(QUEUE_BLOCKS);
        let (table, options) = (Arc::clone(table), options.clone());
        let thread = thread::spawn(move || {
            identify_blocks(&table, &options, &blocks, &to_writer);
        });
        (to_worker, Self { responses, thread })
    }
}

/// Sends each block to the next worker in rotation; ends with the input, or when a worker has
/// ended.
fn distribute(input: impl Read, work: &[SyncSender<Block>]) -> io::Result<()> {
    for (block, worker) in Blocks::new(input).zip(work.iter().cycle()) {
        if worker.send(block?).is_err() {
            break;
        }
    }
    Ok(())
}

/// Identifies blocks until the input ends or the writer is gone.
fn identify_blocks(
    table: &RouteTable,
    options: &LineOptions,
    blocks: &Receiver<Block>,
    to_writer: &SyncSender<Responses>,
) {
    let mut lines = LineIdentifier {
        table,
        open_id: options
            .open_id
            .as_deref()
            .map(|open_id| OpenId::new(open_id).expect("the caller has checked it")),
        explain: options.explain,
        scratch: Scratch::new(),
    };
    for block in blocks {
        let mut json_lines = Vec::with_capacity(block.text.len() * 4);
        for (number, line) in (block.first_line..).zip(block.lines()) {
            lines.identify(number, line, &mut json_lines);
        }
        let responses = Responses {
            json_lines,
            input_bytes: block.input_bytes,
        };
        if to_writer.send(responses).is_err() {
            break;
        }
    }
}

/// Identifies lines, one after the other.
struct LineIdentifier<'a> {
    table: &'a RouteTable,
    /// The openId for lines without one.
    open_id: Option<OpenId<'a>>,
    explain: bool,
    scratch: Scratch,
}

impl LineIdentifier<'_> {
    /// Identifies one line, and appends an object with its number, the fields of the result, and the
    /// rule that decided.
    fn identify(&mut self, number: u64, line: &[u8], out: &mut Vec<u8>) {
        write!(out, "{{\"line\":{number}").expect("writing to memory cannot fail");
        let result = out.len();
        match parameters_of_line(line, self.open_id) {
            Ok((code, open_id)) => {
                let explanations = match self.explain {
                    true => self.table.explain(code, open_id, &mut self.scratch),
                    false => Vec::new(),
                };
                let verdict = self.table.identify(code, open_id, &mut self.scratch);
                write_verdict(&verdict, out);
                explain::add_member(out, "rule", &verdict.rule.map(RuleId::as_str));
                if self.explain {
                    explain::add_to(out, &explanations);
                }
            }
            Err(error) => write_failure(&PARAM_ILLEGAL, &error.detail(), out),
        }
        // The result is a complete object: replace its opening brace to join its fields to this one.
        if let Some(brace) = out.get_mut(result) {
            *brace = b',';
        }
        out.extend_from_slice(b"\n");
    }
}
