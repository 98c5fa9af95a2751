"""What every service needs to run: settings, the store, jobs, the gRPC server, metrics and logs."""
