//! The site as a whole, on a real PostgreSQL: requests go through the router in memory.
//!
//! Filed by address: `pages/` and `api/` mirror `src/web`; what concerns all stands beside.

mod api;
mod authorisation;
mod catalogue;
mod class;
mod cli;
mod directus;
mod failures;
mod instances;
mod limits;
mod lti;
mod merging;
mod origins;
mod outbox;
mod pages;
mod process;
mod read_only;
mod retention;
mod schema;
mod sessions;
mod support;
mod transfer;
