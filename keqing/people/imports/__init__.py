"""What people can be imported: organisations by kind, doctors. Specs on the ``interchange`` engine."""
