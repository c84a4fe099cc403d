package main

// ownedLike: on Windows a file has the rights of its folder.
func ownedLike(string) error { return nil }
