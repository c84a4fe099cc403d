package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
)

// clockSlack is how far the newest entry of the ledger may lie ahead of this PC's clock.
const clockSlack = 5 * time.Minute

// system looks at the PC: its clock, who may read what, its serial ports, what may stand in the way. It asks nothing of
// the network and opens no port.
func (d *doctor) system(place config.Place, cfg *config.Config) {
	d.systemClock(place.DataDir, time.Now())
	d.rights(place.DataDir)
	if cfg != nil {
		d.serialPorts(cfg)
	}
	d.ways(place, cfg)
	d.guards(place.DataDir)
}

// systemClock holds the clock against what was written with it: nobody's word is needed for that. The platform's clock,
// where it answers, is held against it, too (govpay.Probe).
func (d *doctor) systemClock(dir string, now time.Time) {
	e := examined{Check: "system_clock", State: gradeWell, Code: "ok", Found: now.In(ledger.Zone()).Format("02/01/2006 15:04:05") + " (ora italiana)"}
	const remedy = "rimettere data e ora, e sincronizzarle con un server dell'ora (NTP)"
	newest := time.Time{}
	if info, err := os.Stat(filepath.Join(dir, ledger.FileName)); err == nil {
		newest = info.ModTime()
	}
	switch {
	case now.Year() < 2026:
		e.State, e.Code, e.Remedy = gradeBroken, "clock_wrong", remedy
	case newest.After(now.Add(clockSlack)):
		e.State, e.Code, e.Remedy = gradeBroken, "clock_back", remedy
		e.Found += ": è indietro rispetto all'ultima scrittura del registro (" + newest.In(ledger.Zone()).Format("02/01/2006 15:04:05") + ")"
	default:
		if synced, known := clockSynced(); known && !synced {
			// No doubt: a virtual machine is kept in time from outside, and the platform's clock is the better witness.
			e.Found += "; il sistema non la sincronizza (NTP): attivarla, se non la tiene già la macchina che ospita questo PC"
		}
	}
	d.note(e)
}

// rights sees that the ledger and the tokens are not everybody's. On Windows the installer's ACL says so, and is not read here.
func (d *doctor) rights(dir string) {
	if runtime.GOOS == "windows" {
		return
	}
	var open []string
	for name, most := range map[string]os.FileMode{ledger.FileName: 0o600, maintenanceName: 0o600, tokenName: 0o640, ".": 0o750} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err == nil && info.Mode().Perm()&^most&0o077 != 0 {
			open = append(open, fmt.Sprintf("%s (%o)", strings.Replace(name, ".", "la cartella", map[bool]int{true: 1}[name == "."]), info.Mode().Perm()))
		} else if errors.Is(err, fs.ErrPermission) {
			return // who may not look has nothing to say
		}
	}
	slices.Sort(open)
	if len(open) > 0 {
		d.note(examined{Check: "rights", Of: dir, State: gradeDoubt, Code: "rights_too_wide", Found: "altri utenti del PC possono leggere o scrivere: " + strings.Join(open, ", "),
			Remedy: "togliere i permessi agli altri: chmod o-rwx, e il gruppo solo su " + tokenName})
		return
	}
	d.well("rights", dir, "registro e chiavi sono solo del servizio")
}

// serialPorts sees that a configured port is there and may be opened, without opening it: a terminal may be at work.
func (d *doctor) serialPorts(cfg *config.Config) {
	for _, t := range cfg.Terminals {
		u, err := url.Parse(t.Address)
		if err != nil || u.Scheme != "serial" || u.Host != "" || u.Path == "" {
			continue // TCP; by identity, or COMn: the service finds it when it opens it
		}
		e := examined{Check: "serial", Of: t.Name, State: gradeBroken}
		switch _, err := os.Stat(u.Path); {
		case errors.Is(err, fs.ErrNotExist):
			e.Code, e.Found = "serial_missing", u.Path+" non c'è: il cavo è staccato, o la porta ha cambiato nome"
			e.Remedy = "attaccare il cavo; se il nome cambia a ogni attacco, indicare il terminale per identità: serial://usb/VID:PID"
		case err != nil:
			e.State, e.Code, e.Found, e.Remedy = gradeDoubt, "serial_unknown", u.Path+" non si può guardare: "+inWords(err), "ripetere il comando con l'utente del servizio"
		case mayUse(u.Path) != nil:
			e.State, e.Code, e.Found = gradeDoubt, "serial_forbidden", "questo utente non può usare "+u.Path
			e.Remedy = "l'utente del servizio deve far parte del gruppo delle porte seriali (dialout); se questo comando gira con un altro utente, ripeterlo con quello"
		default:
			e.State, e.Code, e.Found = gradeWell, "ok", u.Path+" c'è e si può usare"
		}
		d.note(e)
	}
}

// ways says which connections a firewall must let through.
func (d *doctor) ways(place config.Place, cfg *config.Config) {
	host, port, err := net.SplitHostPort(place.Listen)
	if err != nil {
		return
	}
	var out []string
	if cfg != nil {
		for _, t := range cfg.Terminals {
			if u, err := url.Parse(t.Address); err == nil && u.Scheme == "tcp" {
				out = append(out, t.Name+" "+u.Host)
			}
		}
		for _, base := range []string{cfg.Platform.Pagamento, cfg.Platform.Pendenze, cfg.Platform.Ragioneria, cfg.Platform.Backoffice} {
			if u, err := url.Parse(base); err == nil && u.Host != "" && !strings.Contains(strings.Join(out, " "), "piattaforma "+u.Host) {
				out = append(out, "piattaforma "+u.Host)
			}
		}
	}
	e := examined{Check: "firewall", State: gradeWell, Code: "ok", Found: "in entrata non serve nulla, la pagina è solo di questo PC"}
	if ip := net.ParseIP(host); ip != nil && !ip.IsLoopback() {
		e.Found = "la pagina è anche di altri PC: il firewall lasci entrare TCP " + port + " solo da quelli che usano la cassa"
	}
	if len(out) > 0 {
		e.Found += "; in uscita: " + strings.Join(out, ", ")
	}
	d.note(e)
}

// guards names a scanner that looks into every file: what it holds up, or puts away, is the ledger.
func (d *doctor) guards(dir string) {
	found := scanners()
	if len(found) == 0 {
		return
	}
	d.note(examined{Check: "antivirus", State: gradeWell, Code: "ok", Found: "in funzione: " + strings.Join(found, ", ") +
		"; escludere dal controllo in tempo reale " + dir + ": un file trattenuto rallenta o ferma gli incassi"})
}

// knownScanners are on-access scanners by the name of their process (Linux) or service (Windows), in small letters.
var knownScanners = map[string]string{
	"clamonacc": "ClamAV", "wdavdaemon": "Microsoft Defender", "falcon-sensor": "CrowdStrike", "ds_agent": "Trend Micro", "savd": "Sophos", "oaeventd": "ESET",
	"windefend": "Microsoft Defender", "csfalconservice": "CrowdStrike", "sepmasterservice": "Symantec", "ekrn": "ESET", "mcshield": "McAfee", "ntrtscan": "Trend Micro",
	"avp": "Kaspersky", "klnagent": "Kaspersky", "savservice": "Sophos", "sentinelagent": "SentinelOne", "bdservicehost": "Bitdefender", "epsecurityservice": "Bitdefender",
}
