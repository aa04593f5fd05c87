//! The web server over HTTP.
