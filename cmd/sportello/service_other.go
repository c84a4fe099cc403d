//go:build !linux && !windows

package main

const (
	howToInstall    = "sportello run --config FILE"
	howToHaveRights = howToInstall
	whereItSays     = "guardare il registro del servizio"
)

// newManager: on other systems the service runs in the foreground, or under a manager of somebody else.
func newManager() (systemManager, error) { return nil, errNoManager }

func runUnderManager(string) int {
	return usageError("service run: lo avvia il gestore dei servizi di Windows", "sportello run --config FILE")
}

// runSettle is for Windows: what it sets stands in the unit and in the package.
func runSettle(string, bool) int {
	return usageError("service settle: serve all'installatore di Windows", "mettere la configurazione in /etc/sportello/config.yaml")
}

// tellRefused is for Windows: package managers show what the program says.
func tellRefused(string) {}
