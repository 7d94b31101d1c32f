"""`make bench`: how fast Palier is and how much memory it takes, beside what its libraries and networks allow."""
