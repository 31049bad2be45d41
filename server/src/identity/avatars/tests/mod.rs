mod colours;
mod drawn;
mod hostile;
mod incomplete;
mod painted;
mod picture;
mod samples;
