package simulator

// headOfRequest is STX and the header: after these bytes a terminal knows the letter.
const headOfRequest = 11
