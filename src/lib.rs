//! A micro-course site for Moodle: modules > sequences > grains, rendered on the server
//! with the progress bars filled, everything kept in PostgreSQL.
//!
//! The modules stand in the order in which they may use one another: a module uses what
//! stands before it, never after. `tests/house.rs` holds this.

pub mod clock; // the only place that asks the time
pub mod spreadsheet; // tables for a French spreadsheet
pub mod config; // raw environment -> checked settings
pub mod sealing; // what SECRET_KEY derives and seals
pub mod db; // connections and migrations
pub mod read_only; // the switch that keeps the data as they are
pub mod transfer; // dump, restore and compare: the move to another server
pub mod catalogue; // the course as authored
pub mod learner; // who learns
pub mod outbox; // durable jobs
pub mod lti; // LTI 1.3 as a tool, without a page in it
pub mod embed; // the signed iframe token
pub mod progress; // what is done, and what comes next
pub mod class; // the learners of one context, as their teacher sees them
pub mod delivery; // runs the jobs of the outbox
pub mod privacy; // what is kept about one person
pub mod merging; // learners and platforms that are known twice
pub mod web; // everything HTTP
pub mod cli; // the commands
