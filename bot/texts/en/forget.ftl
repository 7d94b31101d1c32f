command-oublier = forget oublier
command-oublier-help = erase everything about you, here and on the other side
oublier-word = yes oui
oublier-yes = Yes, erase everything
oublier-no = Erase nothing
oublier-ask =
    I will erase your decisions, your roles, and your messages that were copied: here and in the linked chats. Nothing can bring them back.
    Do it?{ $how }
oublier-type = {" "}Then write: { $prefix }forget yes
oublier-kept = Nothing was erased.
forgotten =
    Done for your { $network } account.
    { $copies ->
        [0] I knew of no copy of your messages.
        [one] One copy is being removed, with its original.
       *[other] { $copies } copies are being removed, with their originals.
    }{ $reactions ->
        [0] {""}
        [one] {" "}One reaction is no longer shown.
       *[other] {" "}{ $reactions } reactions are no longer shown.
    }
    <b>What I cannot undo</b>
    What was copied more than 30 days ago: I no longer know where it is. What never left your chat: remove it yourself. Other Matrix servers are only asked to erase. An old copy on Telegram becomes “[removed]”. What neighbours wrote down or photographed stays with them.
    Backups forget it within { $days } days. If a copy resists, I will tell you.{ $stays }
stays-kept = Stays: { $what } ({ $kept }).
