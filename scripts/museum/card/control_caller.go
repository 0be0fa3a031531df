package card

var callerControls = []Control{}
