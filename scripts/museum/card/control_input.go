package card

var inputControls = []Control{}
