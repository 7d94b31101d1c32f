command-arrivees = arrivals arrivees
command-arrivees-help = announce or not to the neighbours who comes and leaves
arrivees-yes = oui yes
arrivees-no = non no
arrivees-nowhere = This chat is not linked to any other.
arrivees-how-on = The neighbours hear how many come and leave. To stop: { $prefix }arrivals no
arrivees-how-off = The neighbours do not hear who comes and leaves. To tell them how many: { $prefix }arrivals yes
arrivees-on = Noted. The neighbours hear how many come and leave, at most every ten minutes. Only those who share their name are named.
arrivees-off = Noted. The neighbours no longer hear who comes and leaves.
comings-line = 🚪 { $where }: { $what }.
comings-at-telegram = Telegram group “{ $title }”
comings-at-matrix = Matrix room “{ $title }”
comings-names = {" "}({ $names })
comings-joined = { $count ->
    [one] one person came{ $names }
   *[other] { $count } people came{ $names }
}
comings-left = { $count ->
    [one] one person left{ $names }
   *[other] { $count } people left{ $names }
}
