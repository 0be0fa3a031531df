package card

var houseControls = []Control{}
