mod drawn;
mod hostile;
mod picture;
mod samples;
