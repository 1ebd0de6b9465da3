//! A successor by hand, which ends, hangs or lies where the program would not; and a predecessor by hand.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::serve::daemon::PATIENCE;

/// The admin socket of a predecessor by hand.
pub(super) struct Listener(UnixListener, PathBuf);

impl Listener {
    pub(super) fn new(directory: &Path) -> Self {
        fs::create_dir_all(directory.join("run")).unwrap();
        let path = directory.join("run/codeid.admin.sock");
        Self(UnixListener::bind(&path).unwrap(), path)
    }

    /// Accepts the connection of a successor, and receives its request. The path is free for its own socket then.
    pub(super) fn accept(self) -> ByHand {
        let (stream, _) = self.0.accept().unwrap();
        fs::remove_file(self.1).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut this = ByHand(stream);
        let head = this.head();
        assert!(head.starts_with("POST /v1/take-over "), "{head}");
        this
    }
}

/// A connection that speaks the protocol of take-overs.
pub(super) struct ByHand(UnixStream);

impl ByHand {
    /// Connects to the daemon in `directory`, and gets its offer.
    pub(super) fn offered(directory: &Path) -> (Self, Value) {
        let mut this = Self::connect(directory);
        let mut head = this.ask();
        // The outcome of the take-over before is still being recorded.
        while head.starts_with("HTTP/1.1 409 ") {
            this = Self::connect(directory);
            head = this.ask();
        }
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        this.send(&json!({"message": "hello", "pid": 1}));
        let offer = this.receive().unwrap();
        assert_eq!(offer["message"], "offer");
        (this, offer)
    }

    /// Connects to the admin plane of the daemon in `directory`.
    pub(super) fn connect(directory: &Path) -> Self {
        let stream = UnixStream::connect(directory.join("run/codeid.admin.sock")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(stream)
    }

    /// Asks for a take-over, and returns the head of the response.
    pub(super) fn ask(&mut self) -> String {
        let request = "POST /v1/take-over HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                       Connection: Upgrade\r\nUpgrade: codeid-take-over/1\r\nContent-Length: 0\r\n\r\n";
        self.0.write_all(request.as_bytes()).unwrap();
        self.head()
    }

    /// Offers a successor no socket.
    pub(super) fn offer_nothing(&mut self) {
        let response = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: codeid-take-over/1\r\n\r\n";
        self.0.write_all(response.as_bytes()).unwrap();
        assert_eq!(self.receive().unwrap()["message"], "hello");
        self.send(&json!({"message": "offer", "pid": 1, "version": "0.0.0", "sockets": []}));
    }

    fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        String::from_utf8(head).unwrap()
    }

    /// Sends what a successor does that would serve the live config of `status`, with the sockets of these listeners.
    pub(super) fn send_ready(&mut self, status: &Value, taken: &[&str]) {
        let table = &status["table"];
        self.send(&json!({
            "message": "ready",
            "live": {
                "sha256": table["sha256"],
                "level": table["level"],
                "version": table["version"],
                "loadedAt": table["loadedAt"],
            },
            "freeze": null,
            "taken": taken,
        }));
    }

    pub(super) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        self.0
            .write_all(&[&length[..], text.as_bytes()].concat())
            .unwrap();
    }

    /// Returns the next message; `None` at the end. Its descriptors are lost.
    pub(super) fn receive(&mut self) -> Option<Value> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).ok()?;
        let mut text = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut text).unwrap();
        Some(serde_json::from_slice(&text).unwrap())
    }
}
