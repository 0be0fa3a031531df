package instagram

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"castad/shared/fault"
	"castad/shared/provider"
)

// notes is what is remembered of a publication that is under way.
type notes struct {
	// Container is the container's id, made at MadeAt; Ended counts those before it, which
	// came to nothing.
	Container string    `json:"container,omitempty"`
	MadeAt    time.Time `json:"made_at,omitzero"`
	Ended     int       `json:"ended,omitempty"`
	// Caption is the hash of the container's caption (see captionHash).
	Caption string `json:"caption,omitempty"`
	// Unread counts answers in a row that denied the container.
	Unread int `json:"unread,omitempty"`
	// Publishing is when media_publish was about to be sent; zero = it is known not to
	// have been sent, or to have done nothing. Before was the newest media then.
	Publishing time.Time `json:"publishing,omitzero"`
	Before     string    `json:"before,omitempty"`
	// Blocked: it was answered with "spam" (2207051), which may be true or not.
	Blocked bool `json:"blocked,omitempty"`
	// ID is the reel's id, once it was told.
	ID string `json:"id,omitempty"`
}

// readNotes reads what was kept. Notes that cannot be read are our fault, and never
// the same as none: there may be a live reel behind them.
func (c *Client) readNotes(op string, kept []byte) (notes, error) {
	var n notes
	if len(kept) == 0 {
		return n, nil
	}
	if err := json.Unmarshal(kept, &n); err != nil || n.Container != "" && !validID(n.Container) || n.ID != "" && !validID(n.ID) {
		return n, c.ours(op, "the notes of this publication are damaged")
	}
	return n, nil
}

// keep stores the notes. When it fails nothing that people see has been sent with
// them: the publication may go on later.
func keep(ctx context.Context, p provider.Post, n notes) error {
	kept, err := json.Marshal(n)
	if err != nil {
		return fault.Newf(fault.CodeInternal, "encode notes: %w", err)
	}
	if err := p.Notes.Keep(ctx, kept); err != nil {
		return fault.Newf(fault.CodeUnavailable, "keep notes: %w", err)
	}
	return nil
}

// label is what a caption says about how the film was made, in both languages: a post
// does not know its readers'.
const label = "AI 생성 · AI-generated"

// captionOf is the caption as it is sent: text, label (once), hashtags. Only a last line that
// is the label stands for it: other words about AI may as well say that there was none.
func captionOf(p provider.Post) string {
	said := strings.TrimSuffix("\n"+strings.TrimSpace(p.Caption), "\n"+label)
	p.Caption = strings.TrimSpace(strings.TrimSpace(said) + "\n\n" + label)
	return p.FullCaption()
}

// captionHash is the same for a caption as sent and as listed: Instagram trims it, and
// drops the @ of mentions for apps whose user does not administer them (ig-media, Limitations).
func captionHash(caption string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(strings.ReplaceAll(caption, "@", "")), " ")))
	return hex.EncodeToString(sum[:])
}
