someone = Someone · { $circle } { $number }
not-yours = This command is not open to you here.
broken = Something went wrong on our side. If it happens again, give this reference to the town hall: { $reference }
stopped-telegram-token = Telegram does not know the bot's token any more. Ask @BotFather for it (/token), put it into the file telegram.token, then restart Palier.
stopped-telegram-second = Another program fetches this bot's messages. Stop it, or have @BotFather make a new token (/revoke) that only Palier knows; then restart Palier.
stopped-matrix-login = The Matrix server does not accept the bot's session or password. Put the right password into the file matrix.password, stop Palier, type palier login, then start it again.
stopped-closing = Palier is being stopped.
