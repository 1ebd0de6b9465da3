//! The file of a Unix socket: made without a moment in which it has the wrong permissions, taken
//! over only from the dead, removed only if it is still ours.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use codeid_engine::ConfigDigest;
use nix::unistd::Gid;
use thiserror::Error;
use tokio::net::{UnixListener, UnixSocket, UnixStream};
use tokio::time::timeout;

use super::socket_directory;
use crate::files::directory::{self, DirectoryError};
use crate::files::group::{self, GroupError};
use crate::regular_file;
use crate::settings::MAX_SOCKET_PATH_BYTES;
use crate::uri::shown_path;

/// The time that the process behind a socket has to accept, after which it counts as alive all the
/// same.
const PROBE_PATIENCE: Duration = Duration::from_secs(1);

/// The path, permissions and group of a socket's file.
#[derive(Clone, Debug)]
pub(crate) struct SocketFile {
    /// The path, of at most [`MAX_SOCKET_PATH_BYTES`].
    pub(crate) path: PathBuf,
    /// The permissions, such as `0o660`.
    pub(crate) mode: u32,
    /// The group, by name or number; `None` for that of the process.
    pub(crate) group: Option<String>,
}

/// A socket's file that this process made, or has taken over from its predecessor. It is removed when the value is
/// dropped.
#[derive(Debug)]
pub(crate) struct OwnedSocket {
    path: PathBuf,
    /// The device and the inode of the file.
    identity: (u64, u64),
    /// `false` while the file belongs to the other side of a take-over.
    is_ours: Arc<AtomicBool>,
    /// A file that is locked for as long as the socket is served. It stays after a stop: removing a
    /// lock file takes it from the next process, which may have opened it already.
    lock: File,
}

/// The reason why a socket was not opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum SocketError {
    /// The path takes this number of bytes, more than an address has room for.
    #[error("its path takes {0} bytes, at most {MAX_SOCKET_PATH_BYTES} are possible")]
    TooLong(usize),
    /// A process accepts connections on the socket, or holds the lock beside it.
    #[error("another daemon serves there")]
    Served,
    /// The file is left as it is, since it may hold something.
    #[error("there is a file that is not a socket")]
    NotASocket,
    /// The file cannot be made in its directory.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The group that the file should have is not known.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The system refused the action, which is the rest of a sentence that begins with "cannot".
    #[error("cannot {0}")]
    System(&'static str, #[source] io::Error),
}

impl SocketFile {
    /// Opens the socket, with its permissions and group from the first moment.
    ///
    /// It is bound and given its permissions under another name in the same directory, and before
    /// it listens; then it is renamed, which also replaces a file that a dead daemon left.
    ///
    /// # Errors
    ///
    /// [`SocketError`], and nothing was changed but the directory and the lock file made.
    pub(crate) async fn open(
        &self,
        backlog: u32,
    ) -> Result<(UnixListener, OwnedSocket), SocketError> {
        let system = |what| move |error| SocketError::System(what, error);
        let (directory, group) = self.place()?;
        socket_directory::make(directory, group).map_err(system("make its directory"))?;
        if let Some(group) = group {
            self.warn_if_shut_out(directory, group);
        }
        let lock = self.lock()?;
        self.require_nobody_serves().await?;

        let unreachable = directory.join(self.name_at_first());
        let socket = UnixSocket::new_stream().map_err(system("make a socket"))?;
        remove_if_socket(&unreachable).map_err(system("remove a socket left half-made"))?;
        socket.bind(&unreachable).map_err(system("bind it"))?;
        let opened =
            self.finish(socket, &unreachable, group, backlog)
                .and_then(|(listener, metadata)| {
                    fs::rename(&unreachable, &self.path).map_err(system("rename it into place"))?;
                    Ok((listener, metadata))
                });
        match opened {
            Ok((listener, metadata)) => {
                let owned = OwnedSocket {
                    path: self.path.clone(),
                    identity: identity(&metadata),
                    is_ours: Arc::new(AtomicBool::new(true)),
                    lock,
                };
                Ok((listener, owned))
            }
            Err(error) => {
                // The first error is reported, whether this succeeds or not.
                let _ = fs::remove_file(&unreachable);
                Err(error)
            }
        }
    }

    /// Checks that [`Self::open`] can open the socket, as far as that shows without making anything. A socket
    /// `is_ours` if the daemon that is to be replaced serves it; it is then left alone.
    ///
    /// # Errors
    ///
    /// [`SocketError`], as far as it is known before the socket is made.
    pub(crate) async fn rehearse(&self, is_ours: bool) -> Result<(), SocketError> {
        let (directory, _) = self.place()?;
        directory::require_writable(directory)?;
        match is_ours {
            true => Ok(()),
            false => self.require_nobody_serves().await,
        }
    }

    /// Returns the directory and the group of the socket.
    fn place(&self) -> Result<(&Path, Option<Gid>), SocketError> {
        let length = self.path.as_os_str().as_bytes().len();
        if length > MAX_SOCKET_PATH_BYTES {
            return Err(SocketError::TooLong(length));
        }
        let group = self.group.as_deref().map(group::find).transpose()?;
        Ok((directory::of(&self.path), group))
    }

    /// Returns the name under which the socket is bound. It is short, since paths are so bounded; and the
    /// same each time, so that what a process left that was killed before the rename is replaced. The lock
    /// keeps other processes from it.
    fn name_at_first(&self) -> String {
        let name = self.path.file_name().unwrap_or_default();
        let digest = ConfigDigest::new(name.as_bytes()).to_string();
        format!(".{digest:.7}")
    }

    /// Warns of a directory that keeps the group from the socket.
    fn warn_if_shut_out(&self, directory: &Path, group: Gid) {
        match socket_directory::find_closed_to(directory, group) {
            Ok(None) => {}
            Ok(Some((directory, mode))) => tracing::warn!(
                socket = %shown_path(&self.path),
                directory = %shown_path(&directory),
                mode = format!("{mode:04o}"),
                group = group.as_raw(),
                "the group of a socket cannot enter one of its directories; give that the group and \
                 mode 0750, or mode 0711"
            ),
            Err(error) => tracing::warn!(
                socket = %shown_path(&self.path),
                %error,
                "the directories of a socket cannot be inspected for whether its group may enter them"
            ),
        }
    }

    /// Gives a bound socket what it must have before anyone can reach it.
    fn finish(
        &self,
        socket: UnixSocket,
        path: &Path,
        group: Option<Gid>,
        backlog: u32,
    ) -> Result<(UnixListener, Metadata), SocketError> {
        let system = |what| move |error| SocketError::System(what, error);
        if let Some(group) = group {
            std::os::unix::fs::lchown(path, None, Some(group.as_raw()))
                .map_err(system("give it its group"))?;
        }
        fs::set_permissions(path, Permissions::from_mode(self.mode))
            .map_err(system("give it its permissions"))?;
        let metadata = fs::symlink_metadata(path).map_err(system("look at it"))?;
        let listener = socket.listen(backlog).map_err(system("listen on it"))?;
        Ok((listener, metadata))
    }

    /// Takes the lock that one daemon holds: without it, two that start at once could each find
    /// the other's socket dead.
    fn lock(&self) -> Result<File, SocketError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let options = &mut OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let lock = regular_file::open_with(options, Path::new(&path))
            .map_err(|error| SocketError::System("open its lock file", error.into()))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(fs::TryLockError::WouldBlock) => Err(SocketError::Served),
            Err(fs::TryLockError::Error(error)) => {
                Err(SocketError::System("lock its lock file", error))
            }
        }
    }

    /// Connects to an existing socket: one that refuses has no process behind it.
    async fn require_nobody_serves(&self) -> Result<(), SocketError> {
        match fs::symlink_metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(SocketError::System("look at its path", error)),
            Ok(metadata) if !metadata.file_type().is_socket() => {
                return Err(SocketError::NotASocket);
            }
            Ok(_) => {}
        }
        match timeout(PROBE_PATIENCE, UnixStream::connect(&self.path)).await {
            Ok(Err(error)) => match error.kind() {
                ErrorKind::ConnectionRefused | ErrorKind::NotFound => Ok(()),
                // Its queue is full: a process serves it.
                ErrorKind::WouldBlock => Err(SocketError::Served),
                _ => Err(SocketError::System(
                    "tell whether somebody serves there",
                    error,
                )),
            },
            Ok(Ok(_)) | Err(_) => Err(SocketError::Served),
        }
    }
}

impl OwnedSocket {
    /// Takes over the file at `path` with its lock, which is held through all copies of its descriptor. The file is
    /// this process's once `is_ours` is `true`.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if there is no such file.
    pub(crate) fn adopt(path: &Path, lock: OwnedFd, is_ours: &Arc<AtomicBool>) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            identity: identity(&fs::symlink_metadata(path)?),
            is_ours: Arc::clone(is_ours),
            lock: File::from(lock),
        })
    }

    /// Returns a copy of the descriptor of the lock.
    ///
    /// # Errors
    ///
    /// An [`io::Error`] if the system refuses a descriptor.
    pub(crate) fn copy_of_lock(&self) -> io::Result<OwnedFd> {
        Ok(self.lock.try_clone()?.into())
    }

    /// Passes the file to the successor, or takes it back.
    pub(crate) fn pass(&self, is_passed: bool) {
        self.is_ours.store(!is_passed, Ordering::Release);
    }

    /// Removes the file, unless it belongs to another process or another has taken its place.
    fn remove(&self) {
        if !self.is_ours.load(Ordering::Acquire) {
            return;
        }
        let removed = match fs::symlink_metadata(&self.path) {
            Ok(metadata) if identity(&metadata) == self.identity => fs::remove_file(&self.path),
            Ok(_) => {
                tracing::warn!(path = %shown_path(&self.path), "socket belongs to another, left alone");
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = removed {
            tracing::warn!(path = %shown_path(&self.path), %error, "cannot remove the socket");
        }
    }
}

impl Drop for OwnedSocket {
    fn drop(&mut self) {
        self.remove();
    }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

fn remove_if_socket(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.file_type().is_socket() => fs::remove_file(path),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
