"""The resources of Flow Service: what they share (`kind`, `handlers`), and a module for each."""
