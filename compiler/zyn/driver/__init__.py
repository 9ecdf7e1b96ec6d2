"""The pipeline on one page, and the sessions that own its inputs."""
