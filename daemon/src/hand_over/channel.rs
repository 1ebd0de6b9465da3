//! The connection of a take-over: messages with descriptors.
//!
//! A message is its length in four bytes, the most significant first, and JSON.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, Shutdown, recvmsg, sendmsg, shutdown,
};
use thiserror::Error;
use tokio::io::Interest;
use tokio::net::UnixStream;

use super::message::Message;

/// The most bytes of a message. An offer of five sockets whose paths are as long as they may be has a tenth.
const MAX_MESSAGE_BYTES: usize = 16 << 10;

/// The most descriptors with a message: five listeners, and the locks of three.
const MAX_DESCRIPTORS: usize = 8;

/// A connection to the other daemon.
#[derive(Debug)]
pub(crate) struct Channel {
    stream: UnixStream,
    /// Descriptors that came with bytes, and are not returned yet.
    received: Vec<OwnedFd>,
}

/// The reason why a message was not sent or received.
#[derive(Debug, Error)]
pub(crate) enum ChannelError {
    /// The other daemon has ended, or closed the connection.
    #[error("the other daemon has ended the take-over")]
    Closed,
    /// A message is too long.
    #[error("a message of {0} bytes came, at most {MAX_MESSAGE_BYTES} are possible")]
    TooLong(usize),
    /// A message has more descriptors than are possible.
    #[error("a message has more than {MAX_DESCRIPTORS} descriptors")]
    TooManyDescriptors,
    /// A message is not one of this protocol.
    #[error("a message is malformed")]
    Malformed(#[from] serde_json::Error),
    /// The message is not the one that follows.
    #[error("another message came than the one that follows")]
    Unexpected,
    /// The system refused.
    #[error("the connection to the other daemon failed")]
    System(#[from] io::Error),
}

impl Channel {
    /// Returns a channel over a connection on which nothing was sent yet.
    pub(crate) const fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            received: Vec::new(),
        }
    }

    /// Sends a message with copies of at most eight descriptors.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] after which the channel is of no use.
    pub(crate) async fn send(
        &mut self,
        message: &Message,
        descriptors: &[BorrowedFd<'_>],
    ) -> Result<(), ChannelError> {
        if descriptors.len() > MAX_DESCRIPTORS {
            return Err(ChannelError::TooManyDescriptors);
        }
        let text = serde_json::to_vec(message)?;
        let length = u32::try_from(text.len()).map_err(|_| ChannelError::TooLong(text.len()))?;
        let mut bytes = length.to_be_bytes().to_vec();
        bytes.extend_from_slice(&text);
        let mut rest = bytes.as_slice();
        // The descriptors go with the first byte.
        let mut with_it = descriptors;
        while !rest.is_empty() {
            let sending = || send_once(&self.stream, rest, with_it);
            let sent = self.stream.async_io(Interest::WRITABLE, sending).await;
            let sent = sent.map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => ChannelError::Closed,
                _ => ChannelError::System(error),
            })?;
            rest = rest.get(sent..).unwrap_or_default();
            with_it = &[];
        }
        Ok(())
    }

    /// Refuses all further messages: the other daemon fails to send them. Those that it has sent can still be received.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] if the system refuses.
    pub(crate) fn refuse_further(&self) -> Result<(), ChannelError> {
        Ok(shutdown(&self.stream, Shutdown::Read).map_err(io::Error::from)?)
    }

    /// Waits for the next message, and returns it with its descriptors.
    ///
    /// # Errors
    ///
    /// [`ChannelError`] after which the channel is of no use.
    pub(crate) async fn receive(&mut self) -> Result<(Message, Vec<OwnedFd>), ChannelError> {
        let mut length = [0; 4];
        self.fill(&mut length).await?;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_MESSAGE_BYTES {
            return Err(ChannelError::TooLong(length));
        }
        let mut text = vec![0; length];
        self.fill(&mut text).await?;
        let message = serde_json::from_slice(&text)?;
        Ok((message, std::mem::take(&mut self.received)))
    }

    async fn fill(&mut self, mut buffer: &mut [u8]) -> Result<(), ChannelError> {
        while !buffer.is_empty() {
            let (stream, received) = (&self.stream, &mut self.received);
            let receiving = || receive_once(stream, buffer, received);
            let count = self.stream.async_io(Interest::READABLE, receiving).await;
            let count = match count {
                Ok(0) => return Err(ChannelError::Closed),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(ChannelError::Closed);
                }
                Err(error) => return Err(error.into()),
                Ok(count) => count,
            };
            if self.received.len() > MAX_DESCRIPTORS {
                return Err(ChannelError::TooManyDescriptors);
            }
            buffer = buffer.get_mut(count..).unwrap_or_default();
        }
        Ok(())
    }
}

fn send_once(
    stream: &UnixStream,
    bytes: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() && !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("too many descriptors for a message"));
    }
    Ok(sendmsg(
        stream,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?)
}

fn receive_once(
    stream: &UnixStream,
    buffer: &mut [u8],
    received: &mut Vec<OwnedFd>,
) -> io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    // No program that this one might start gets the sockets.
    let flags = RecvFlags::CMSG_CLOEXEC;
    let message = recvmsg(stream, &mut [IoSliceMut::new(buffer)], &mut control, flags)?;
    for ancillary in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = ancillary {
            received.extend(descriptors);
        }
    }
    if message.flags.contains(ReturnFlags::CTRUNC) {
        return Err(io::Error::other("descriptors of a message were cut off"));
    }
    Ok(message.bytes)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use tokio::io::AsyncWriteExt;

    use super::*;

    fn pair() -> (Channel, Channel) {
        let (one, other) = UnixStream::pair().unwrap();
        (Channel::new(one), Channel::new(other))
    }

    #[tokio::test]
    async fn descriptors_come_with_their_message() {
        let (mut one, mut other) = pair();
        let (here, there) = UnixStream::pair().unwrap();
        let hello = Message::Hello { pid: 7 };
        one.send(&hello, &[here.as_fd(), here.as_fd()])
            .await
            .unwrap();
        one.send(&Message::Serving, &[]).await.unwrap();
        let (message, descriptors) = other.receive().await.unwrap();
        assert_eq!((message, descriptors.len()), (hello, 2));
        let (message, none) = other.receive().await.unwrap();
        assert_eq!((message, none.len()), (Message::Serving, 0));
        // The copies are of the same socket.
        drop(here);
        let copy = std::os::unix::net::UnixStream::from(descriptors.into_iter().next().unwrap());
        io::Write::write_all(&mut &copy, b"x").unwrap();
        there.readable().await.unwrap();
        let mut byte = [0];
        assert_eq!(there.try_read(&mut byte).unwrap(), 1);
    }

    #[tokio::test]
    async fn what_is_no_message_is_an_error() {
        for (bytes, expected) in [
            (&b""[..], "ended the take-over"),
            (b"\0\0\0\x02{", "ended the take-over"),
            (b"\0\0\x40\x01", "a message of 16385 bytes came"),
            (b"\0\0\0\x02{}", "a message is malformed"),
            (b"\0\0\0\x00", "a message is malformed"),
        ] {
            let (one, mut other) = pair();
            let mut stream = one.stream;
            stream.write_all(bytes).await.unwrap();
            drop(stream);
            let error = other.receive().await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[tokio::test]
    async fn a_message_is_received_or_fails_to_be_sent() {
        let (mut one, mut other) = pair();
        one.send(&Message::Serving, &[]).await.unwrap();
        other.refuse_further().unwrap();
        let (message, _) = other.receive().await.unwrap();
        assert_eq!(message, Message::Serving);
        let error = one.send(&Message::Serving, &[]).await.unwrap_err();
        assert!(matches!(error, ChannelError::Closed), "{error}");
        let error = other.receive().await.unwrap_err();
        assert!(matches!(error, ChannelError::Closed), "{error}");
    }

    #[tokio::test]
    async fn too_many_descriptors_are_refused_on_both_sides() {
        let (mut one, mut other) = pair();
        let (here, _there) = UnixStream::pair().unwrap();
        let nine = [here.as_fd(); 9];
        let error = one.send(&Message::Serving, &nine).await.unwrap_err();
        assert!(matches!(error, ChannelError::TooManyDescriptors), "{error}");
        // In pieces of a message, each with as many as one may have.
        for byte in [b"\0", b"\0"] {
            send_once(&one.stream, byte, &nine[..8]).unwrap();
        }
        let error = other.receive().await.unwrap_err();
        assert!(matches!(error, ChannelError::TooManyDescriptors), "{error}");
    }
}
