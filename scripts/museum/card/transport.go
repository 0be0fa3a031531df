package card

// transport is the wing of package provider, guard and seal: what every vendor can do.
var transport = []Card{}
