//! An HTTP proxy for tests, which makes tunnels as its behaviour says.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::serve::daemon::PATIENCE;

/// A proxy. Its threads end with the process.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// The reaction to a `CONNECT`.
#[derive(Clone)]
pub(crate) enum Behaviour {
    /// A tunnel to the address of each server, named with its port; status 502 for any other.
    Tunnels(Vec<(String, SocketAddr)>),
    /// These bytes, and the end of the connection.
    Reply(String),
    /// No response.
    Hang,
}

struct Shared {
    behaviour: Mutex<Behaviour>,
    /// The heads of all requests.
    heads: Mutex<Vec<String>>,
}

impl Proxy {
    pub(crate) fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            behaviour: Mutex::new(behaviour),
            heads: Mutex::default(),
        });
        let proxy = Self {
            address,
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // An error is the end of a connection, whichever side caused it.
                    let _ = serve(&shared, stream);
                });
            }
        });
        proxy
    }

    /// Starts a proxy with a tunnel to `address` for the server `name`, a host and a port.
    pub(crate) fn to(name: &str, address: &str) -> Self {
        let address = address.parse().unwrap();
        Self::start(Behaviour::Tunnels(vec![(name.to_owned(), address)]))
    }

    pub(crate) fn set(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().unwrap() = behaviour;
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the proxy, with `user` before its host.
    pub(crate) fn url(&self, user: &str) -> String {
        match user {
            "" => format!("http://{}", self.address),
            user => format!("http://{user}@{}", self.address),
        }
    }

    /// Returns the first line of each request, and its `Proxy-Authorization`.
    pub(crate) fn requests(&self) -> Vec<(String, Option<String>)> {
        let heads = self.shared.heads.lock().unwrap();
        let request = |head: &String| {
            let line = head.lines().next().unwrap().to_owned();
            let authorization = head.lines().find_map(|line| {
                let value = line.strip_prefix("Proxy-Authorization: ")?;
                Some(value.to_owned())
            });
            (line, authorization)
        };
        heads.iter().map(request).collect()
    }
}

fn serve(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let named = head.split(' ').nth(1).unwrap_or_default().to_owned();
    shared.heads.lock().unwrap().push(head);
    let behaviour = shared.behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::Tunnels(servers) => match servers.iter().find(|(name, _)| *name == named) {
            Some((_, address)) => tunnel(client, TcpStream::connect(address)?),
            None => client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"),
        },
        Behaviour::Reply(reply) => client.write_all(reply.as_bytes()),
        Behaviour::Hang => client.read_to_end(&mut Vec::new()).map(drop),
    }
}

fn tunnel(mut client: TcpStream, mut server: TcpStream) -> io::Result<()> {
    client.write_all(b"HTTP/1.1 200 Connection established\r\nProxy-Agent: test\r\n\r\n")?;
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    io::copy(&mut server, &mut client)?;
    client.shutdown(Shutdown::Write)
}
