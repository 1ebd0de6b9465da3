//! The servers that a pull over TLS trusts.

use rustls::RootCertStore;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::server::{Authority, Reply, Server};
use super::{CONFIG, HttpClient, HttpSource, MAX_BODY_BYTES, config, patient, pull, write};
use crate::outbound::tls::{client_config, roots_from_file};

fn source_trusting(roots: RootCertStore) -> HttpSource {
    HttpSource::new(HttpClient::new(
        &patient(),
        client_config(roots),
        None,
        MAX_BODY_BYTES,
    ))
}

fn roots(authority: &Authority) -> RootCertStore {
    let directory = TempDir::new().unwrap();
    roots_from_file(&write(&directory, "ca.pem", &authority.pem)).unwrap()
}

#[tokio::test]
async fn a_server_of_the_right_name_and_authority_is_trusted() {
    let authority = Authority::new();
    let source = source_trusting(roots(&authority));
    let by_address = Server::https(&authority, "127.0.0.1", |_| Reply::json(CONFIG)).await;
    let pulled = pull(&source, &by_address.url("/routes")).await;
    assert_eq!(pulled, Ok(config(None)));
    let by_name = Server::https(&authority, "localhost", |_| Reply::json(CONFIG)).await;
    let url = format!("https://localhost:{}/routes", by_name.address.port());
    assert_eq!(pull(&source, &url).await, Ok(config(None)));
}

#[tokio::test]
async fn a_server_of_another_name_is_rejected() {
    let authority = Authority::new();
    let server = Server::https(&authority, "routes.example", |_| Reply::json(CONFIG)).await;
    let error = pull(&source_trusting(roots(&authority)), &server.url("/routes"))
        .await
        .unwrap_err();
    assert!(error.contains("not valid for name"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_rejected() {
    let server = Server::https(&Authority::new(), "127.0.0.1", |_| Reply::json(CONFIG)).await;
    let error = pull(&source_trusting(roots(&Authority::new())), &server.url("/"))
        .await
        .unwrap_err();
    assert!(error.contains("invalid peer certificate"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_server_without_tls_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let error = pull(&source_trusting(RootCertStore::empty()), &url)
        .await
        .unwrap_err();
    assert!(error.contains("no response: "), "{error}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_response_cut_off_without_the_end_of_tls_is_an_error() {
    let authority = Authority::new();
    // With neither a length nor chunks, only the end of the TLS stream marks the end of the body.
    let response = "HTTP/1.1 200 OK\r\n\r\n{\"format\":";
    let server = Server::https(&authority, "127.0.0.1", move |_| {
        Reply::Abort(response.as_bytes().to_vec())
    })
    .await;
    let error = pull(&source_trusting(roots(&authority)), &server.url("/"))
        .await
        .unwrap_err();
    assert!(error.contains("broke off after "), "{error}");
}
