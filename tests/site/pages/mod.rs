//! Pages as browsers get them.

mod grain;
mod home;
mod looks;
mod my_data;
