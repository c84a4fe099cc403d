package main

// notifyManager: the manager of Windows is told by the service's handler.
func notifyManager(string) {}
