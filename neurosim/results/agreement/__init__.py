"""How closely two runs of one scenario agree."""
