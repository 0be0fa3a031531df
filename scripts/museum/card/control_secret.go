package card

var secretControls = []Control{}
