"""Between protobuf messages and the model: the only place, with the services' api modules, that knows both."""
