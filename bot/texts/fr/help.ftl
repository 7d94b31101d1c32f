command-help = aide help
command-help-help = voir ce que je sais faire
help =
    Voici ce que vous pouvez m'écrire :
    { $lines }
