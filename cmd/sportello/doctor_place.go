package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sportello/cmd/sportello/internal/config"
	"sportello/cmd/sportello/internal/ledger"
	"sportello/protocol/local"
)

// Free space in the data directory: a ledger grows by a few kilobytes a payment.
const (
	spaceBroken = 64 << 20
	spaceDoubt  = 1 << 30
)

// quickLedger is up to which size a ledger is verified where nobody may wait.
const quickLedger = 64 << 20

// expiresSoon is how long before its end a certificate is spoken of, as govpay.Probe does.
const expiresSoon = 14 * 24 * time.Hour

// service asks the running service how it is; false: none answers. cfg is nil where the file cannot be used.
func (d *doctor) service(ctx context.Context, place config.Place, cfg *config.Config) bool {
	c, err := dial(d.path)
	if err != nil {
		d.note(examined{Check: "service", State: gradeBroken, Code: "service_certificate", Found: "il certificato della pagina (tls.certificate) non si legge: " + inWords(err),
			Remedy: "dare la lettura del file a questo utente, o lanciare il comando con quello del servizio"})
		return false
	}
	defer c.http.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var health local.Health
	err = c.get(ctx, "/healthz", &health)
	switch {
	case errors.Is(err, errUnreachable):
		d.nobodyAnswers(place)
		return false
	case err != nil || health.Version == "":
		d.note(examined{Check: "page", Of: place.Listen, State: gradeBroken, Code: "not_the_service", Found: "risponde qualcosa che non è il servizio",
			Remedy: "fermare l'altro programma, oppure cambiare listen nella configurazione"})
		return false
	}
	d.well("page", place.Listen, "risponde su "+c.base)
	if health.Version != version {
		d.note(examined{Check: "service", State: gradeDoubt, Code: "other_version", Found: fmt.Sprintf("è in funzione la versione %s, questo comando è %s", health.Version, version),
			Remedy: "riavviare il servizio, o usare il programma che lo avvia"})
	}
	if err := c.get(ctx, "/readyz", &health); err != nil || health.Status != "ok" {
		d.note(examined{Check: "service", State: gradeBroken, Code: "service_not_ready", Found: "risponde ma non è pronto a incassare",
			Remedy: "guardare il registro del servizio; se resta così per più di un minuto, riavviarlo"})
	} else {
		d.well("service", "", "in funzione e pronto")
	}
	if d.lights(ctx, c) && cfg != nil {
		d.services(ctx, c, cfg)
	}
	return true
}

// nobodyAnswers says whether the page's address could be used.
func (d *doctor) nobodyAnswers(place config.Place) {
	l, err := net.Listen("tcp", place.Listen)
	if err != nil {
		d.note(examined{Check: "page", Of: place.Listen, State: gradeBroken, Code: "page_address", Found: "il servizio non risponde e l'indirizzo non si può usare: " + listenReason(err),
			Remedy: "fermare il programma che lo tiene, oppure cambiare listen nella configurazione"})
		return
	}
	_ = l.Close()
	d.well("page", place.Listen, "libero, si può usare")
	d.note(examined{Check: "service", State: gradeDoubt, Code: "service_stopped", Found: "non è in funzione", Remedy: "avviarlo: sportello run --config " + d.path})
}

// lights are what the service itself sees of platform, queue and terminals; false: it does not tell.
func (d *doctor) lights(ctx context.Context, c *client) bool {
	if err := c.readToken(); err != nil {
		d.note(examined{Check: "service", State: gradeDoubt, Code: "token_unreadable", Found: "questo utente non può chiedergli che cosa vede",
			Remedy: "lanciare il comando con un utente del gruppo che usa la cassa"})
		return false
	}
	var state local.Snapshot
	if err := c.get(ctx, api+"state", &state); err != nil {
		d.note(examined{Check: "service", State: gradeDoubt, Code: "state_unreadable", Found: "non dice che cosa vede: " + err.Error(), Remedy: "guardare il registro del servizio"})
		return false
	}
	switch p := state.Platform; {
	case p.Light == local.LightNotReady && p.Reason != nil:
		said := "il servizio dice: "
		if p.SeenAt != nil {
			said = "il servizio diceva alle " + p.SeenAt.In(rome()).Format("15:04:05") + ": "
		}
		d.word = &examined{Check: "service", Of: "piattaforma", State: gradeBroken, Code: string(p.Reason.Code), Found: said + p.Reason.Text,
			Remedy: orElse(p.Reason.Hint, "se le prove qui sotto riescono, il servizio gira con un altro utente o un altro ambiente (proxy): confrontarli")}
	case p.SeenAt != nil:
		d.well("service", "piattaforma", "l'ultima risposta al servizio è delle "+p.SeenAt.In(rome()).Format("15:04:05"))
	default:
		d.well("service", "piattaforma", "il servizio non le ha ancora chiesto nulla")
	}
	switch q := state.Queue; {
	case q == nil:
	case q.Reason != nil && !q.Away: // registrations are suspended
		d.note(examined{Check: "queue", State: gradeBroken, Code: q.Reason.Code, Found: fmt.Sprintf("ricevute pagoPA attese %d; il servizio dice: %s", q.Depth, q.Reason.Text),
			Remedy: orElse(q.Reason.Hint, "guardare sportello queue e sportello cases")})
	case q.Red > 0:
		d.note(examined{Check: "queue", State: gradeDoubt, Code: "queue_red", Found: fmt.Sprintf("ricevute pagoPA attese %d, di cui oltre il termine del flusso %d", q.Depth, q.Red),
			Remedy: "guardare sportello queue e sportello cases: sono da seguire con il prestatore e con il gestore della piattaforma"})
	default:
		d.well("queue", "", fmt.Sprintf("ricevute pagoPA attese %d, in ritardo %d", q.Depth, q.Late))
	}
	for _, t := range state.Terminals {
		if t.Light == local.LightNotReady && t.Reason != nil {
			d.note(examined{Check: "terminal", Of: t.Name, State: gradeBroken, Code: string(t.Reason.Code), Found: "il servizio dice: " + t.Reason.Text, Remedy: orElse(t.Reason.Hint, "sportello terminal status "+t.Name)})
			continue
		}
		d.well("terminal", t.Name, orElse(map[local.Light]string{local.LightReady: "pronto", local.LightBusy: "al lavoro"}[t.Light], "non ancora interrogato"))
	}
	return true
}

// services finds those that the configuration names and the counter does not offer.
func (d *doctor) services(ctx context.Context, c *client, cfg *config.Config) {
	if len(cfg.Services) == 0 {
		return
	}
	var offered []local.Service
	if err := c.get(ctx, api+"services", &offered); err != nil {
		d.note(examined{Check: "services", State: gradeDoubt, Code: "services_unreadable", Found: "il servizio non dice quali debiti può creare: " + err.Error(), Remedy: "guardare il registro del servizio"})
		return
	}
	for _, s := range cfg.Services {
		if slices.ContainsFunc(offered, func(o local.Service) bool { return o.ID == s.Type && o.Creditor == s.Creditor }) {
			d.well("services", s.Type, "si può creare")
			continue
		}
		e := examined{Check: "services", Of: s.Type, State: gradeBroken, Code: "service_not_offered", Found: "non si può offrire allo sportello",
			Remedy: "riavviare il servizio se la voce è nuova; altrimenti il modulo in form ha parole che lo sportello non capisce: le nomina il registro del servizio"}
		if s.Catalogue() && d.word != nil { // nobody could ask the catalogue
			e.State, e.Code, e.Found = gradeDoubt, "catalogue_unreadable", "non si sa: il servizio non ha avuto il catalogo dalla piattaforma"
			e.Remedy = "sistemare prima la piattaforma, e ripetere"
		} else if s.Catalogue() {
			e.Remedy = "far concedere il tipo pendenza all'applicazione, con un modulo che lo sportello capisca, o descriverlo in services: {type: …, name: …, …}"
		}
		d.note(e)
	}
}

// dataDir looks at the folder without writing into it; false: there is none. Where the service runs, it can
// use it.
func (d *doctor) dataDir(dir string, running bool) bool {
	const who = "dare la cartella all'utente del servizio; se questo comando gira con un altro utente, ripeterlo con quello"
	info, err := os.Stat(dir)
	broken := func(code, found, remedy string) {
		d.note(examined{Check: "data_dir", Of: dir, State: gradeBroken, Code: code, Found: found, Remedy: remedy})
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.note(examined{Check: "data_dir", Of: dir, State: gradeDoubt, Code: "data_dir_missing", Found: "non c'è ancora", Remedy: "la crea il primo avvio, se l'utente del servizio può scrivere in " + filepath.Dir(dir)})
		return false
	case err != nil:
		broken("data_dir_unreadable", "non si può guardare: "+inWords(err), who)
		return false
	case !info.IsDir():
		broken("data_dir_not_a_folder", "non è una cartella", "correggere data_dir nella configurazione")
		return false
	}
	if err := mayWrite(dir); err != nil && !running {
		broken("data_dir_read_only", "non ci si può scrivere: "+inWords(err), who)
	} else {
		d.well("data_dir", dir, "c'è e si può scrivere")
	}
	free, err := freeBytes(dir)
	e := examined{Check: "space", Of: dir, State: gradeWell, Code: "ok", Found: fmt.Sprintf("%d MiB liberi", free>>20)}
	const remedy = "liberare spazio su questo disco: senza, il servizio rifiuta gli incassi"
	switch {
	case err != nil:
		e.State, e.Code, e.Found, e.Remedy = gradeDoubt, "space_unknown", "non si sa quanto ne resti: "+inWords(err), remedy
	case free < spaceBroken:
		e.State, e.Code, e.Remedy = gradeBroken, "space_gone", remedy
	case free < spaceDoubt:
		e.State, e.Code, e.Remedy = gradeDoubt, "space_low", remedy
	}
	d.note(e)
	return true
}

// ledger says whether the file is there, sound, and in whose hands; false: it may be in somebody's, who then
// may be at work on a terminal, too.
func (d *doctor) ledger(dir string, running bool) (free bool) {
	path := filepath.Join(dir, ledger.FileName)
	e := examined{Check: "ledger", State: gradeBroken}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		e.State, e.Code, e.Found = gradeWell, "ok", "non c'è ancora: nasce al primo avvio"
		if running {
			e.State, e.Code, e.Found = gradeDoubt, "ledger_elsewhere", "il servizio che risponde ha il registro in un'altra cartella"
			e.Remedy = "riavviare il servizio con questa configurazione, o dare al comando quella del servizio"
		}
		d.note(e)
		return true
	}
	if info, err := os.Stat(path); d.quick && err == nil && info.Size() > quickLedger {
		e.State, e.Code, e.Found, e.Remedy = gradeDoubt, "ledger_unverified", "è grande e qui non viene verificato", "verificarlo con sportello ledger check"
		d.note(e)
		return running
	}
	rep, err := ledger.CheckFile(path)
	switch {
	case errors.Is(err, ledger.ErrInUse) && running:
		e.State, e.Code, e.Found = gradeWell, "ok", "in uso dal servizio"
	case errors.Is(err, ledger.ErrInUse):
		e.Code, e.Found = "ledger_in_use", "lo tiene aperto un altro programma, ma su listen il servizio non risponde"
		e.Remedy = "cercare un altro sportello in esecuzione (forse con un altro listen) e chiuderlo"
	case errors.Is(err, fs.ErrPermission):
		e.State, e.Code, e.Found = gradeDoubt, "ledger_unreadable", "questo utente non può leggerlo"
		e.Remedy = "ripetere il comando con l'utente del servizio"
	case err != nil:
		e.Code, e.Found, e.Remedy = "ledger_unreadable", "non si lascia leggere: "+inWords(err), "non cancellarlo: farne una copia e chiamare l'assistenza"
	case len(rep.Problems) > 0:
		e.Code, e.Found = "ledger_damaged", fmt.Sprintf("è danneggiato, problemi trovati: %d", len(rep.Problems))
		e.Remedy = "non cancellarlo: farne una copia, guardare sportello ledger check e chiamare l'assistenza"
	case running:
		e.State, e.Code, e.Found = gradeDoubt, "ledger_elsewhere", "integro, ma il servizio che risponde ne usa un altro"
		e.Remedy = "riavviare il servizio con questa configurazione, o dare al comando quella del servizio"
	default:
		e.State, e.Code, e.Found = gradeWell, "ok", "integro: "+counted(rep.Entries, "una voce", "voci")+", "+payments(rep.Payments)
	}
	d.note(e)
	return err == nil
}

// certificateFiles looks at the certificates that are ours to renew.
func (d *doctor) certificateFiles(cfg *config.Config) {
	files := []struct{ key, path, whom string }{{"platform.auth.certificate", cfg.Platform.Auth.Certificate, "chiederne uno nuovo alla piattaforma"}}
	if cfg.TLS != nil {
		files = append(files, struct{ key, path, whom string }{"tls.certificate", cfg.TLS.Certificate, "rinnovarlo, con la sua chiave"})
	}
	for _, f := range files {
		if f.path == "" {
			continue
		}
		e := examined{Check: "certificate_file", Of: f.key, State: gradeBroken}
		cert, err := readCertificate(f.path)
		if err != nil {
			e.Code, e.Found, e.Remedy = "certificate_unreadable", "il file "+f.path+" non contiene un certificato leggibile", "mettervi un certificato in formato PEM"
			d.note(e)
			continue
		}
		until := cert.NotAfter.Local()
		e.Expires = &until
		switch left := time.Until(until); {
		case left < 0:
			e.Code, e.Found, e.Remedy = "certificate_expired", "è scaduto il "+until.Format("02/01/2006"), f.whom
		case left < expiresSoon:
			e.State, e.Code, e.Found, e.Remedy = gradeDoubt, "certificate_expires_soon", "scade il "+until.Format("02/01/2006"), f.whom
		default:
			e.State, e.Code, e.Found = gradeWell, "ok", "vale fino al "+until.Format("02/01/2006")
		}
		d.note(e)
	}
}

// readCertificate reads the first certificate of a PEM file.
func readCertificate(path string) (*x509.Certificate, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(b); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, fmt.Errorf("no certificate in %q", path)
}
