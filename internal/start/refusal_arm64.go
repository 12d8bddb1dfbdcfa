package start

// refusal is what the entry code prints under too low a hard limit; a variable
// because assembly cannot refer to a constant.
var refusal = refusalStart + "type rescuebox-arm, the 32-bit build, in place of rescuebox" + refusalEnd
