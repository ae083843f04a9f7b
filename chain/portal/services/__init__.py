"""The writers of the portal: alerts, how a user wants to be told, searches."""
