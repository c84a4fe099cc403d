package govpay

import "context"

// Profile is who the platform takes us for. It proves that the host is up, the
// credentials are good and the application is enabled; it does not prove that
// the API itself is granted (its flag is checked only by real calls).
type Profile struct {
	Name          string
	Creditors     []Creditor
	TransactionID string
}

// Creditor is a body whose debts we may see.
type Creditor struct {
	TaxCode string
	Name    string
}

// wireCreditor is GovPay's "dominio".
type wireCreditor struct {
	IDDominio      string `json:"idDominio"`
	RagioneSociale string `json:"ragioneSociale"`
}

const maxCreditors = 10_000

const opProfile = "profilo"

type wireProfile struct {
	Nome   string         `json:"nome"`
	Domini []wireCreditor `json:"domini"`
}

// Profile asks one API who we are.
func (c *Client) Profile(ctx context.Context, api API) (Profile, error) {
	var wire wireProfile
	transaction, err := c.getJSON(ctx, call{operation: opProfile, api: api, path: "/profilo", timeout: c.conf.Timeouts.Read}, &wire)
	if err != nil {
		return Profile{}, err
	}
	p, err := wire.profile()
	if err != nil {
		return Profile{}, malformed(opProfile, transaction, err)
	}
	p.TransactionID = transaction
	return p, nil
}

func (w *wireProfile) profile() (Profile, error) {
	if w.Nome == "" || len(w.Domini) > maxCreditors {
		return Profile{}, ErrMalformed
	}
	p := Profile{Name: clip(w.Nome, 70)}
	for _, d := range w.Domini {
		p.Creditors = append(p.Creditors, Creditor{TaxCode: token(d.IDDominio, 35), Name: clip(d.RagioneSociale, 70)})
	}
	return p, nil
}
