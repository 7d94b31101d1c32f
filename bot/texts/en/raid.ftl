command-raid = raid
command-raid-help = when too many strangers come at once: let newcomers wait
raid-yes = oui yes on
raid-no = non no off
raid-began =
    🛡 Many strangers are coming into the circle “{ $circle }” at once. To be safe, I let newcomers wait: their messages wait an hour before they go to the neighbours. A message removed meanwhile does not leave.
    I no longer announce who comes, and let nobody in. Those who have been here for long notice nothing.
    This ends after { $minutes } minutes without an arrival, or by: { $prefix }raid no { $circle }
raid-began-by-hand =
    🛡 Someone of the team lets newcomers of the circle “{ $circle }” wait: their messages wait an hour before they go to the neighbours.
    This ends after { $minutes } minutes without an arrival, or by: { $prefix }raid no { $circle }
raid-over = 🛡 The circle “{ $circle }” is calm again. Newcomers wait no longer. To begin again: { $prefix }raid yes { $circle }
raid-over-by-hand = 🛡 Someone of the team no longer lets newcomers of the circle “{ $circle }” wait. To begin again: { $prefix }raid yes { $circle }
raid-stands-on = 🛡 Circle “{ $circle }”: the messages of newcomers wait an hour. To stop: { $prefix }raid no
raid-stands-off = Circle “{ $circle }”: all is calm, newcomers wait no longer than usual. If too many strangers come at once: { $prefix }raid yes
raid-which = You look after several circles: { $names }. Add the name, for example: { $prefix }raid yes NAME
raid-nowhere = You look after no circle here.
