//! `stand-in-github ADDRESS CALLBACK`: a GitHub on this machine, for an app that calls back to `CALLBACK`. Its first
//! three output lines are its address, the client id, and the client secret.

use std::process::ExitCode;

use stand_in_github::{App, CLIENT_ID, CLIENT_SECRET, StandIn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, callback] = args.as_slice() else {
        eprintln!("usage: stand-in-github 127.0.0.1:0 http://127.0.0.1:3000/auth/github/callback");
        return ExitCode::FAILURE;
    };
    let Ok(address) = address.parse() else {
        eprintln!("{address} is not an address and a port.");
        return ExitCode::FAILURE;
    };
    match StandIn::start_at(address, App { callback: callback.clone(), ..App::default() }).await {
        Ok(github) => {
            println!("{}\n{CLIENT_ID}\n{CLIENT_SECRET}", github.url);
            github.wait().await;
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("The stand-in cannot start at {address}: {why}.");
            ExitCode::FAILURE
        }
    }
}
