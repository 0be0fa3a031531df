package outbox

// Woken says whether Run has been asked to look, and takes the asking away.
func (o *Outbox) Woken() bool {
	select {
	case <-o.wake:
		return true
	default:
		return false
	}
}
