mod drawn;
mod hostile;
mod painted;
mod picture;
mod samples;
